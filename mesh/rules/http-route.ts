/** HTTPRoute: one entry of a VirtualService's `http`. */
import { z } from 'zod';
import { directResponse, redirect, toDirectResponse, toRedirect } from './answers.ts';
import { destination, toDestination } from './destination.ts';
import { duration, milliseconds } from './duration.ts';
import { fault, toFault } from './fault.ts';
import { across, count, noted, say, whole } from './fields.ts';
import { headerOperations, isAuthority, toHeaderOperations } from './header-operations.ts';
import { httpMatch, toHttpMatch } from './http-match.ts';
import type { HttpRoute, Mirror, Place, RouteAction } from './model.ts';
import { mirrorPercentage, percentOf } from './percent.ts';
import type { Path } from './problem.ts';
import { retries, toRetryPolicy } from './retries.ts';
import { rewrite, toRewrite } from './rewrite.ts';
import { shape } from './shape.ts';

const fields = {
  name: z.string().optional(),
  match: z.array(httpMatch).optional(),
  route: z
    .array(
      shape('HTTPRouteDestination', {
        destination,
        weight: count.optional(),
        headers: headerOperations.optional(),
      }),
    )
    .optional(),
  redirect: redirect.optional(),
  directResponse: directResponse.optional(),
  rewrite: rewrite.optional(),
  headers: headerOperations.optional(),
  timeout: duration.optional(),
  retries: noted("without it: Istio's default, 2 attempts", retries.optional()),
  fault: fault.optional(),
  mirror: destination.optional(),
  mirrors: z
    .array(shape('HTTPMirrorPolicy', { destination, percentage: mirrorPercentage.optional() }))
    .optional(),
  mirrorPercentage: mirrorPercentage.optional(),
  mirrorPercent: noted('deprecated: mirrorPercentage', whole(0, 100).nullable().optional()),
  mirror_percent: noted('deprecated: mirrorPercentage', whole(0, 100).nullable().optional()),
};

export type WrittenHttpRoute = z.infer<z.ZodObject<typeof fields>>;

const actions = ['route', 'redirect', 'directResponse'] as const;
let schema = shape('HTTPRoute', fields);
schema = across(schema, [...actions, 'fault', 'rewrite'], checkAction);
schema = across(schema, ['rewrite', 'headers'], checkAuthority);
schema = across(schema, ['route'], ({ route = [] }, ctx) => {
  const sum = route.reduce((total, { weight = 0 }) => total + weight, 0);
  if (route.length > 1 && sum === 0) say(ctx, ['route'], 'the weights add up to 0');
});
schema = across(schema, ['mirror', 'mirrors'], ({ mirror, mirrors = [] }, ctx) => {
  if (mirror && mirrors.length > 0) say(ctx, ['mirrors'], 'not together with mirror');
});
schema = across(schema, ['match', 'redirect'], ({ match = [], redirect }, ctx) => {
  if (!redirect?.prefixRewrite || redirect.uri) return;
  for (const [i, { uri }] of match.entries()) {
    if (uri && uri.prefix === undefined)
      say(ctx, ['match', i, 'uri'], 'redirect.prefixRewrite needs a prefix here');
  }
});

export const httpRoute = schema;

/** Exactly one of the three answers to a request, and beside the last two little else. */
function checkAction(
  written: Pick<WrittenHttpRoute, (typeof actions)[number] | 'fault' | 'rewrite'>,
  ctx: z.RefinementCtx,
): void {
  const { route = [], redirect, directResponse, fault, rewrite } = written;
  const answer = redirect ? 'redirect' : directResponse ? 'directResponse' : undefined;
  if (answer) {
    if (route.length > 0) say(ctx, ['route'], `not together with ${answer}`);
    if (fault) say(ctx, ['fault'], `not together with ${answer}`);
    if (rewrite) say(ctx, ['rewrite'], `not together with ${answer}`);
    if (redirect && directResponse) say(ctx, ['directResponse'], 'not together with redirect');
  } else if (route.length === 0 && !('delegate' in written)) {
    say(ctx, [], 'needs one of route, redirect and directResponse');
  }
}

function checkAuthority(
  { rewrite, headers }: Pick<WrittenHttpRoute, 'rewrite' | 'headers'>,
  ctx: z.RefinementCtx,
): void {
  const { set = {}, add = {} } = headers?.request ?? {};
  const places: Path[] = [
    ...(rewrite?.authority ? [['rewrite', 'authority']] : []),
    ...Object.keys(set)
      .filter(isAuthority)
      .map((name) => ['headers', 'request', 'set', name]),
    ...Object.keys(add)
      .filter(isAuthority)
      .map((name) => ['headers', 'request', 'add', name]),
  ];
  for (const place of places.slice(1))
    say(ctx, place, `the authority is already set by ${places[0]?.join('.')}`);
}

/** `place` takes paths below the route. */
export function toHttpRoute(
  written: WrittenHttpRoute,
  namespace: string,
  place: (path: Path) => Place,
): HttpRoute {
  return {
    place: place([]),
    name: written.name || undefined,
    match: (written.match ?? []).map((match, i) => toHttpMatch(match, namespace, place(['match', i]))),
    action: toAction(written, namespace, place),
    rewrite: written.rewrite && toRewrite(written.rewrite),
    headers: toHeaderOperations(written.headers),
    timeoutMs: milliseconds(written.timeout),
    retries: written.retries && toRetryPolicy(written.retries),
    fault: written.fault && toFault(written.fault),
    mirrors: toMirrors(written, namespace, place),
  };
}

function toAction(written: WrittenHttpRoute, namespace: string, place: (path: Path) => Place): RouteAction {
  if (written.redirect) return { type: 'redirect', redirect: toRedirect(written.redirect) };
  if (written.directResponse) {
    return { type: 'directResponse', directResponse: toDirectResponse(written.directResponse) };
  }
  const route = written.route ?? [];
  return {
    type: 'route',
    destinations: route.map((entry, i) => ({
      destination: toDestination(entry.destination, namespace, place(['route', i, 'destination'])),
      // A destination that is alone gets everything, whatever its weight says.
      weight: route.length === 1 ? 100 : (entry.weight ?? 0),
      headers: toHeaderOperations(entry.headers),
    })),
  };
}

function toMirrors(written: WrittenHttpRoute, namespace: string, place: (path: Path) => Place): Mirror[] {
  const mirrors: Mirror[] = (written.mirrors ?? []).map(({ destination, percentage }, i) => ({
    destination: toDestination(destination, namespace, place(['mirrors', i, 'destination'])),
    percent: percentage ? percentOf(percentage) : 100,
  }));
  if (written.mirror) {
    const { mirrorPercentage, mirrorPercent, mirror_percent } = written;
    mirrors.push({
      destination: toDestination(written.mirror, namespace, place(['mirror'])),
      percent: mirrorPercentage ? percentOf(mirrorPercentage) : (mirror_percent ?? mirrorPercent ?? 100),
    });
  }
  return mirrors;
}
