/** headers: what is set, added and removed in requests and responses. */
import { z } from 'zod';
import { notRun, say } from './fields.ts';
import type { HeaderChange, HeaderOperations } from './model.ts';
import type { Path } from './problem.ts';
import { shape } from './shape.ts';
import { controlComplaint, isHeaderText } from './wire-text.ts';

/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const token = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;
/** They say where a body ends: one that a rule changes breaks the message, in Envoy too. */
const framing = /^(?:content-length|transfer-encoding)$/i;

/** The one of Envoy's commands that is run here: the first line of a header of the request. */
const requestHeaderOperator = /%REQ\([A-Za-z0-9_-]+\)%/g;

const requestValues = z.record(z.string(), z.string()).superRefine((values, ctx) => {
  for (const [name, value] of Object.entries(values)) checkRequestHeader(name, value, [name], ctx);
});
const responseValues = z.record(z.string(), z.string()).superRefine((values, ctx) => {
  for (const [name, value] of Object.entries(values)) checkResponseHeader(name, value, [name], ctx);
});
export const headerNames = z.array(z.string()).superRefine((list, ctx) => {
  for (const [index, name] of list.entries()) checkName(name, [index], ctx);
});

const headerFields = {
  request: shape('HeaderOperations', {
    set: requestValues.optional(),
    add: requestValues.optional(),
    remove: headerNames.optional(),
  }).optional(),
  response: shape('HeaderOperations', {
    set: responseValues.optional(),
    add: responseValues.optional(),
    remove: headerNames.optional(),
  }).optional(),
};

export const headerOperations = shape('Headers', headerFields);
type WrittenHeaders = z.infer<z.ZodObject<typeof headerFields>>;
type WrittenChange = { set?: Record<string, string>; add?: Record<string, string>; remove?: string[] };

/** Whether a name is one under which Istio lets a rule change the authority. */
export function isAuthority(name: string): boolean {
  return /^(?::authority|host)$/i.test(name);
}

/** Says what is wrong with a header that is set or added in requests. */
export function checkRequestHeader(name: string, value: string, path: Path, ctx: z.RefinementCtx): void {
  if (!isAuthority(name)) checkName(name, path, ctx);
  checkValue(name, isAuthority(name) ? value : value.replaceAll(requestHeaderOperator, ''), path, ctx);
}

/** Says what is wrong with a header that is set or added in answers. */
export function checkResponseHeader(name: string, value: string, path: Path, ctx: z.RefinementCtx): void {
  checkName(name, path, ctx);
  checkValue(name, value, path, ctx);
}

function checkName(name: string, path: Path, ctx: z.RefinementCtx): void {
  if (isAuthority(name)) {
    say(
      ctx,
      path,
      `${name} cannot be changed here; only headers.request.set and rewrite.authority change it`,
    );
  } else if (!token.test(name)) {
    say(ctx, path, `${JSON.stringify(name)} is not the name of a header that a rule can change`);
  }
}

function checkValue(name: string, value: string, path: Path, ctx: z.RefinementCtx): void {
  const commands = value.replaceAll('%%', '');
  const command = /%[^%]+%/.exec(commands)?.[0];
  if (!isHeaderText(value)) say(ctx, path, controlComplaint);
  else if (framing.test(name)) say(ctx, path, 'says where the body ends; a rule can only remove it');
  else if (command) say(ctx, path, `${command}: ${notRun}`);
  else if (commands.includes('%')) say(ctx, path, `${JSON.stringify(value)}: a percent sign is written %%`);
}

/** Both directions, with names in lower case; values stay as written, for {@link valueFor} to read. */
export function toHeaderOperations(written: WrittenHeaders | undefined): HeaderOperations {
  return { request: toChange(written?.request), response: toChange(written?.response) };
}

function toChange(written: WrittenChange | undefined): HeaderChange {
  const set = new Map<string, string>();
  const add = new Map<string, string>();
  for (const [name, value] of Object.entries(written?.set ?? {}))
    set.set(nameOf(name), isAuthority(name) ? literal(value) : value);
  for (const [name, value] of Object.entries(written?.add ?? {})) {
    if (isAuthority(name)) set.set(nameOf(name), literal(value));
    else add.set(nameOf(name), value);
  }
  return { set, add, remove: (written?.remove ?? []).map((name) => name.toLowerCase()) };
}

function nameOf(name: string): string {
  return isAuthority(name) ? 'host' : name.toLowerCase();
}

function literal(value: string): string {
  return value.replaceAll('%%', '%');
}

/**
 * What a header gets from the value in a rule: `%%` is a percent sign, and `%REQ(name)%` that header of the request,
 * nothing if it is absent. https://www.envoyproxy.io/docs/envoy/latest/configuration/advanced/substitution_formatter
 * @param requestHeader gives the first line of a header, by its name in lower case
 */
export function valueFor(written: string, requestHeader: (name: string) => string | undefined): string {
  if (!written.includes('%')) return written;
  return written.replace(/%%|%REQ\(([^)]*)\)%/g, (_, name?: string) =>
    name === undefined ? '%' : (requestHeader(name.toLowerCase()) ?? ''),
  );
}
