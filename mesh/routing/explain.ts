/** Why a request goes where it goes: what `find` found, with the reason at each step of it. */
import type { Place } from '../rules/model.ts';
import { decide, find, forwardTo, routesFor } from './decide.ts';
import type { DecidedBy, Decision, ForwardDecision, RequestHead } from './decision.ts';
import { hostOf, isSubsetOf } from './hosts.ts';
import { RequestView } from './request.ts';
import type { DroppedRoute, Route } from './routes.ts';
import type { RouteTable } from './table.ts';
import { isLive, type VirtualHost } from './virtual-host.ts';

/** One candidate, and whether it was taken. */
export interface Candidate {
  /** As in Envoy's configuration; a route's may be empty. */
  name: string;
  /** The rule that it comes from: `VirtualService coloring/service-b`; absent for what Istio itself adds. */
  rule?: { name: string; place: Place };
  matched: boolean;
  /** Why not: `header project-version is "release-v3", not exactly "release-v1"`. */
  reason?: string;
}

/** One way out of a route, and how many of its requests take it. */
interface Way {
  cluster: string;
  percent: number;
  decision: ForwardDecision;
}

export interface Explanation {
  /** The request as rules see it. */
  head: RequestHead;
  /** Those of the port that the request is addressed to; at most one is taken. */
  virtualHosts: readonly (Candidate & { domains: readonly string[] })[];
  /** Those of the virtual host that was taken, in order, up to and including the one that matched. */
  routes: readonly Candidate[];
  /** Where chance decides: every destination with its share in percent. Otherwise one, or none. */
  destinations: readonly Way[];
  /** Who gets copies, and of how many requests in percent. */
  mirrors: readonly { cluster: string; percent: number }[];
  /** As `decide` gives it, with the first destination and all mirrors where chance decides. */
  decision: Decision;
}

/** What `decide` does with this request, as {@link explain} says it, but without the candidates: for many requests. */
export function foresee(table: RouteTable, asSent: RequestHead): Explanation {
  const found = find(table, asSent);
  const decision = decide(table, asSent, () => 0);
  const ways = found.type === 'route' ? waysOf(found.route, found.head) : { destinations: [], mirrors: [] };
  return { head: found.head, virtualHosts: [], routes: [], ...ways, decision };
}

/** Explains what `decide` does with this request. */
export function explain(table: RouteTable, asSent: RequestHead): Explanation {
  const found = find(table, asSent);
  const { head } = found;
  if (found.type === 'badPath') {
    const nothing = { virtualHosts: [], routes: [], destinations: [], mirrors: [] };
    return { head, ...nothing, decision: { type: 'badPath' } };
  }
  const taken = found.type === 'noHost' ? undefined : found.host;
  const virtualHosts = (routesFor(table, head)?.virtualHosts ?? []).map((host) =>
    hostCandidate(host, taken, hostOf(head.authority)),
  );
  const decision = decide(table, asSent, () => 0);
  const nowhere = { head, virtualHosts, routes: [], destinations: [], mirrors: [], decision };
  if (found.type === 'noHost' || found.type === 'toHttps') return nowhere;
  if (found.type === 'noRoute') return { ...nowhere, routes: candidates(found.host.routes, head) };
  const { route, host } = found;
  const tried = host.routes.slice(0, host.routes.indexOf(route));
  return {
    ...nowhere,
    routes: [...candidates(tried, head), { name: route.name, ...ruleOf(route), matched: true }],
    ...waysOf(route, head),
  };
}

function hostCandidate(
  host: VirtualHost,
  taken: VirtualHost | undefined,
  called: string,
): Explanation['virtualHosts'][number] {
  const { name, domains } = host;
  const [first] = host.routes;
  const candidate = { name, domains, ...(first && ruleOf(first)) };
  if (host === taken) return { ...candidate, matched: true };
  const covers = domains.some((domain) => isSubsetOf(called, domain));
  const reason = covers && taken ? `${taken.name} is more specific` : `does not serve host "${called}"`;
  return { ...candidate, matched: false, reason };
}

/** Why each of these routes, none of which took the request, did not. */
function candidates(routes: readonly (Route | DroppedRoute)[], head: RequestHead): Candidate[] {
  const request = new RequestView(head);
  return routes.map((route) => {
    const candidate = { name: route.name, ...ruleOf(route), matched: false };
    if (!isLive(route)) return { ...candidate, reason: route.dropped };
    const failed = route.conditions.find((condition) => !condition.holds(request));
    return { ...candidate, reason: failed?.complaint(request) };
  });
}

function ruleOf({ by }: Route | DroppedRoute): Pick<Candidate, 'rule'> {
  if (by === undefined) return {};
  return { rule: { name: ruleName(by.virtualService, by.route), place: by.place } };
}

/** The object that somebody has written. */
export function ruleName(
  virtualService: Pick<DecidedBy['virtualService'], 'namespace' | 'name'>,
  { from }: DecidedBy['route'],
): string {
  if (from) return `${from.kind} ${from.namespace}/${from.name} rules[${from.rule}]`;
  return `VirtualService ${virtualService.namespace}/${virtualService.name}`;
}

function waysOf({ by, action }: Route, head: RequestHead): Pick<Explanation, 'destinations' | 'mirrors'> {
  if (action.type !== 'forward') return { destinations: [], mirrors: [] };
  const { clusters, totalWeight, mirrors } = action;
  const destinations = clusters.map((way) => ({
    cluster: way.cluster,
    percent: (way.weight / totalWeight) * 100,
    decision: forwardTo(way, { by, action }, head, () => 0),
  }));
  const copied = destinations[0]?.decision.mirrors.length ? mirrors : [];
  return { destinations, mirrors: copied };
}
