/** HTTPRouteMatch: which requests a rule takes. */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { across, noted, say } from '../fields.ts';
import type { HttpMatch, Place, UriMatch, ValueMatch } from '../model.ts';
import { shape } from '../shape.ts';
import { regexProblem, toValueMatch } from '../string-match.ts';
import { headerName, valueText } from './header-list.ts';
import { list } from './names.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] as const;
const types = ['Exact', 'RegularExpression'] as const;

/** What a path must not hold, as the CRD says it. */
const notInPaths = ['//', '/./', '/../', '%2f', '%2F', '#'];
const pathPattern = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/;

const pathFields = {
  type: noted('default PathPrefix', z.enum(['Exact', 'PathPrefix', 'RegularExpression']).optional()),
  value: noted('default /', z.string().optional()),
};

const path = across(
  shape('GatewayAPI.HTTPPathMatch', pathFields),
  ['type', 'value'],
  ({ type = 'PathPrefix', value = '/' }, ctx) => {
    const problem = type === 'RegularExpression' ? regexProblem(value) : pathProblem(value);
    if (problem) say(ctx, ['value'], problem);
  },
);

function pathProblem(value: string): string | undefined {
  if (!value.startsWith('/')) return `${JSON.stringify(value)}: a path begins with /`;
  const odd = notInPaths.find((part) => value.includes(part)) ?? /\/\.\.?$/.exec(value)?.[0];
  if (odd !== undefined) return `${JSON.stringify(value)}: ${odd} must not be in it`;
  return pathPattern.test(value) ? undefined : `${JSON.stringify(value)}: not a path`;
}

function values(message: string) {
  const fields = {
    type: noted('default Exact', z.enum(types).optional()),
    name: headerName,
    value: valueText,
  };
  return across(shape(message, fields), ['type', 'value'], ({ type, value }, ctx) => {
    // `*`, which is no regular expression, Istio reads as "present".
    const problem = type === 'RegularExpression' && value !== '*' ? regexProblem(value) : undefined;
    if (problem) say(ctx, ['value'], problem);
  });
}

/** Of two for one name Istio asks both or forgets one, by how they are written: that is never what is meant. */
function once<T extends z.ZodType<{ name: string }>>(entry: T, same: (name: string) => string) {
  return list(entry, 16).superRefine((entries, ctx) => {
    const names = entries.map(({ name }) => same(name));
    for (const [i, name] of names.entries()) {
      if (names.indexOf(name) < i) say(ctx, [i, 'name'], `${name}: is in this match already`);
    }
  });
}

/** @param message of the API */
export function headerMatches(message: string) {
  return once(values(message), (name) => name.toLowerCase());
}

const fields = {
  path: path.optional(),
  headers: headerMatches('GatewayAPI.HTTPHeaderMatch').optional(),
  queryParams: once(values('GatewayAPI.HTTPQueryParamMatch'), (name) => name).optional(),
  method: z.enum(methods).optional(),
};

export const httpRouteMatch = shape('GatewayAPI.HTTPRouteMatch', fields);
export type WrittenRouteMatch = z.infer<z.ZodObject<typeof fields>>;

/** What a match without conditions is, and a rule without matches. */
export function anything(place: Place): HttpMatch {
  return toRouteMatch({}, place);
}

export function toRouteMatch(written: WrittenRouteMatch, place: Place): HttpMatch {
  return {
    ...noConditions(place),
    uri: toUriMatch(written.path ?? {}),
    ...(written.method && { method: { type: 'exact' as const, value: written.method } }),
    headers: headerConditions(written.headers),
    queryParams: conditions(written.queryParams, (name) => name),
  };
}

/** Not even of a path. */
export function noConditions(place: Place): HttpMatch {
  return {
    place,
    ignoreUriCase: false,
    headers: new Map(),
    withoutHeaders: new Map(),
    queryParams: new Map(),
    sourceLabels: {},
  };
}

export function headerConditions(written: Parameters<typeof conditions>[0]): ReadonlyMap<string, ValueMatch> {
  return conditions(written, (name) => name.toLowerCase());
}

/** A prefix ends at a slash, so that `/shop` takes `/shop/cart` and not `/shopping`; its own last slash is ignored. */
function toUriMatch({ type = 'PathPrefix', value = '/' }: z.infer<z.ZodObject<typeof pathFields>>): UriMatch {
  switch (type) {
    case 'Exact':
      return { type: 'exact', value };
    case 'RegularExpression':
      return { type: 'regex', value, regex: RE2JS.compile(value) };
    case 'PathPrefix':
      if (value === '/') return { type: 'prefix', value };
      return { type: 'pathPrefix', value: value.replace(/\/$/, '') };
  }
}

function conditions(
  written: readonly { type?: (typeof types)[number] | undefined; name: string; value: string }[] = [],
  as: (name: string) => string,
): ReadonlyMap<string, ValueMatch> {
  return new Map(
    written.map(({ type, name, value }) => [
      as(name),
      toValueMatch(type === 'RegularExpression' ? { regex: value } : { exact: value }),
    ]),
  );
}
