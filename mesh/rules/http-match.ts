/** HTTPMatchRequest: which requests a route takes. */
import { z } from 'zod';
import { across, noted, notRun, say, text, whole } from './fields.ts';
import { gatewayProblems, isLabel, resolveGateway } from './hosts.ts';
import { labels } from './labels.ts';
import type { HttpMatch, Place, ValueMatch } from './model.ts';
import { shape } from './shape.ts';
import {
  absenceMatch,
  stringMatch,
  toStringMatch,
  toValueMatch,
  uriMatch,
  type WrittenMatch,
} from './string-match.ts';

const pseudo = [':method', ':scheme', ':authority', ':path', ':status'];
const token = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;

const headerConditions = z.record(z.string(), stringMatch).superRefine(checkNames);
const absenceConditions = z.record(z.string(), absenceMatch).superRefine(checkNames);

const fields = {
  name: z.string().optional(),
  uri: uriMatch.optional(),
  ignoreUriCase: z.boolean().optional(),
  scheme: stringMatch.optional(),
  method: stringMatch.optional(),
  authority: stringMatch.optional(),
  headers: noted('{} means present; JWT claims are refused', headerConditions.optional()),
  withoutHeaders: noted('{} means absent; JWT claims are refused', absenceConditions.optional()),
  queryParams: z.record(z.string(), stringMatch).optional(),
  // 0 is proto's way to say that no port is written.
  port: whole(0, 65535).optional(),
  sourceLabels: labels.optional(),
  sourceNamespace: text((name) =>
    name === '' || isLabel(name) ? undefined : `${JSON.stringify(name)}: not a namespace`,
  ).optional(),
  gateways: z.array(z.string()).optional(),
};

export const httpMatch = across(shape('HTTPMatchRequest', fields), ['gateways'], ({ gateways = [] }, ctx) => {
  for (const { index, message } of gatewayProblems(gateways)) say(ctx, ['gateways', index], message);
});

export type WrittenHttpMatch = z.infer<z.ZodObject<typeof fields>>;

function checkNames(conditions: Record<string, unknown>, ctx: z.RefinementCtx): void {
  for (const name of Object.keys(conditions)) {
    if (/^@request\.auth\.claims(?:[.[]|$)/i.test(name)) say(ctx, [name], `JWT claims: ${notRun}`);
    else if (!pseudo.includes(name) && !token.test(name)) {
      say(ctx, [name], `${JSON.stringify(name)} is not the name of a header`);
    }
  }
}

export function toHttpMatch(written: WrittenHttpMatch, namespace: string, place: Place): HttpMatch {
  const gateways = written.gateways?.map((gateway) => resolveGateway(gateway, namespace));
  return {
    place,
    name: written.name || undefined,
    uri: toStringMatch(written.uri),
    ignoreUriCase: written.ignoreUriCase ?? false,
    scheme: toStringMatch(written.scheme),
    method: toStringMatch(written.method),
    authority: toStringMatch(written.authority),
    headers: conditions(written.headers, true),
    withoutHeaders: conditions(written.withoutHeaders, true),
    queryParams: conditions(written.queryParams, false),
    port: written.port || undefined,
    sourceLabels: written.sourceLabels ?? {},
    sourceNamespace: written.sourceNamespace || undefined,
    gateways: gateways && gateways.length > 0 ? gateways : undefined,
  };
}

function conditions(
  written: Record<string, WrittenMatch> | undefined,
  lowerCase: boolean,
): ReadonlyMap<string, ValueMatch> {
  return new Map(
    Object.entries(written ?? {}).map(([name, match]) => [
      lowerCase ? name.toLowerCase() : name,
      toValueMatch(match),
    ]),
  );
}
