/** Why a request goes where it goes: the walk of `decide`, with the reason at each step. */
import type { Place } from '../rules/model.ts';
import { carryOut, toHttps, virtualHostFor } from './decide.ts';
import type { Decision, RequestHead } from './decision.ts';
import { matches } from './header-index.ts';
import { hostOf, isSubsetOf } from './hosts.ts';
import { withNormalPath } from './path.ts';
import { RequestView } from './request.ts';
import type { DroppedRoute, Route } from './routes.ts';
import type { RouteTable } from './table.ts';
import { isLive, type VirtualHost } from './virtual-host.ts';

/** One candidate, and whether it was taken. */
export interface Verdict {
  /** As in Envoy's configuration; a route's may be empty. */
  name: string;
  /** The rule that it comes from: `VirtualService coloring/service-b`; absent for what Istio itself adds. */
  rule?: { name: string; place: Place };
  matched: boolean;
  /** Why not: `header project-version is "release-v3", not exactly "release-v1"`. */
  reason?: string;
}

export interface Explanation {
  /** Those of the port that the request is addressed to; at most one is taken. */
  virtualHosts: readonly (Verdict & { domains: readonly string[] })[];
  /** Those of the virtual host that was taken, in order, up to and including the one that matched. */
  routes: readonly Verdict[];
  /** Where chance decides: every destination with its share in percent. Otherwise one, or none. */
  destinations: readonly { cluster: string; percent: number }[];
  /** As `decide` gives it, with the first destination and all mirrors where chance decides. */
  decision: Decision;
}

/** Explains what `decide` does with this request. */
export function explain(table: RouteTable, asSent: RequestHead): Explanation {
  const head = withNormalPath(asSent);
  const taken = virtualHostFor(table, head);
  const virtualHosts = ((table.ports.get(head.port) ?? table.otherPorts)?.virtualHosts ?? []).map((host) =>
    hostVerdict(host, taken, hostOf(head.authority)),
  );
  if (taken === undefined) {
    return { virtualHosts, routes: [], destinations: [], decision: { type: 'noRoute' } };
  }
  if (taken.httpsOnly && head.scheme === 'http') {
    return { virtualHosts, routes: [], destinations: [], decision: toHttps(head) };
  }
  const routes: Verdict[] = [];
  const request = new RequestView(head);
  for (const route of taken.routes) {
    const verdict = routeVerdict(route, request);
    routes.push(verdict);
    if (verdict.matched && isLive(route)) {
      const decision = carryOut(route, head, () => 0);
      return { virtualHosts, routes, destinations: destinationsOf(route), decision };
    }
  }
  return { virtualHosts, routes, destinations: [], decision: { type: 'noRoute' } };
}

function hostVerdict(
  host: VirtualHost,
  taken: VirtualHost | undefined,
  called: string,
): Explanation['virtualHosts'][number] {
  const { name, domains } = host;
  const [first] = host.routes;
  const verdict = { name, domains, ...(first && ruleOf(first)) };
  if (host === taken) return { ...verdict, matched: true };
  const covers = domains.some((domain) => isSubsetOf(called, domain));
  const reason = covers && taken ? `${taken.name} is more specific` : `does not serve host "${called}"`;
  return { ...verdict, matched: false, reason };
}

function routeVerdict(route: Route | DroppedRoute, request: RequestView): Verdict {
  const verdict = { name: route.name, ...ruleOf(route) };
  if (!isLive(route)) return { ...verdict, matched: false, reason: route.dropped };
  if (matches(route, request)) return { ...verdict, matched: true };
  const failed = route.conditions.find((condition) => !condition.holds(request));
  return { ...verdict, matched: false, reason: failed?.complaint(request) };
}

function ruleOf({ by }: Route | DroppedRoute): Pick<Verdict, 'rule'> {
  if (by === undefined) return {};
  const { namespace, name } = by.virtualService;
  return { rule: { name: `VirtualService ${namespace}/${name}`, place: by.place } };
}

function destinationsOf({ action }: Route): { cluster: string; percent: number }[] {
  if (action.type !== 'forward') return [];
  return action.clusters.map(({ cluster, weight }) => ({
    cluster,
    percent: (weight / action.totalWeight) * 100,
  }));
}
