/** The rules of one HTTPRoute or GRPCRoute as routes of a VirtualService (conversion.go, convertHTTPRoute, convertGRPCRoute). */
import type { ApiRoute, ApiRule, BackendRef } from '../../rules/gateway-api/model.ts';
import type { HttpRoute, Mirror, RouteAction } from '../../rules/model.ts';
import type { Found } from './backends.ts';
import type { Trouble } from './conditions.ts';

export interface Converted {
  /** One for each match of each rule; none where a mistake of one takes all with it. */
  routes: readonly HttpRoute[];
  /** What is wrong with the objects that it names. */
  troubles: readonly Trouble[];
}

export function convert(route: ApiRoute, find: (ref: BackendRef) => Found): Converted {
  const troubles: Trouble[] = [];
  const routes: HttpRoute[] = [];
  for (const [index, rule] of route.rules.entries()) {
    const before = troubles.length;
    const mirrors = mirrorsOf(rule, find, troubles);
    // Of a GRPCRoute a mirror that is not there takes all with it.
    if (route.kind === 'GRPCRoute' && troubles.length > before) return { routes: [], troubles };
    const action = actionOf(rule, find, troubles);
    if (action === undefined) return { routes: [], troubles };
    const common = {
      place: rule.place,
      name: rule.name ?? `${route.namespace}.${route.name}.${index}`,
      action,
      ...rule.route,
      mirrors,
      from: { kind: route.kind, namespace: route.namespace, name: route.name, rule: index },
    };
    if (rule.matches.length === 0) routes.push({ ...common, match: [] });
    routes.push(...rule.matches.map((match) => ({ ...common, match: [match] })));
  }
  return { routes, troubles };
}

/** undefined: something is so wrong that the whole route does not count. */
function actionOf(
  { redirect, backends }: ApiRule,
  find: (ref: BackendRef) => Found,
  troubles: Trouble[],
): RouteAction | undefined {
  if (redirect) return { type: 'redirect', redirect };
  const weighted = backends.filter(({ weight }) => weight > 0);
  if (weighted.length === 0) return { type: 'directResponse', directResponse: { status: 500, body: '' } };
  const found = weighted.map((backend) => ({ backend, ...find(backend) }));
  troubles.push(...found.flatMap(({ trouble }) => trouble ?? []));
  const destinations = found.flatMap(({ backend: { weight, headers }, destination }) =>
    destination ? [{ destination, weight, headers }] : [],
  );
  return destinations.length < weighted.length ? undefined : { type: 'route', destinations };
}

/** One that is not there gets no copies, and the rule counts all the same. */
function mirrorsOf({ mirrors }: ApiRule, find: (ref: BackendRef) => Found, troubles: Trouble[]): Mirror[] {
  return mirrors.flatMap(({ backend, percent }) => {
    const { destination, trouble } = find(backend);
    if (trouble) troubles.push(trouble);
    return destination && !trouble ? [{ destination, percent }] : [];
  });
}
