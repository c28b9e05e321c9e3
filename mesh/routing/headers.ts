/**
 * Header operations in the order in which Envoy runs them, from what a route and its destinations ask for
 * (Istio: pilot/pkg/networking/core/route/route.go, TranslateHeadersOperations and processDestination).
 */
import type { HeaderChange, HeaderOperations } from '../rules/model.ts';

/** What one destination of a route does to headers. */
export interface HeaderPlan {
  request: readonly HeaderChange[];
  response: readonly HeaderChange[];
  /** The Host that `headers.request` sets, if any: Istio makes a host rewrite of it. */
  authority?: string;
}

/** For a route that answers by itself, or before its destination is chosen. */
export function routeHeaders(route: HeaderOperations): HeaderPlan {
  return plan([withoutInternal(route.request)], [withoutInternal(route.response)], authorityOf(route));
}

/**
 * For the only destination of a route. Istio appends its operations to the route's, and Envoy runs them as one:
 * first all removals, then all sets (the destination's last, so it wins), then all additions.
 */
export function onlyDestinationHeaders(route: HeaderOperations, destination: HeaderOperations): HeaderPlan {
  return plan(
    appended(withoutInternal(route.request), withoutInternal(destination.request)),
    appended(withoutInternal(route.response), withoutInternal(destination.response)),
    authorityOf(route) ?? authorityOf(destination),
  );
}

/** For one of several destinations: Envoy runs the destination's operations first, so the route's win. */
export function weightedDestinationHeaders(
  route: HeaderOperations,
  destination: HeaderOperations,
): HeaderPlan {
  return plan(
    [withoutInternal(destination.request), withoutInternal(route.request)],
    [withoutInternal(destination.response), withoutInternal(route.response)],
    authorityOf(route) ?? authorityOf(destination),
  );
}

function plan(
  request: readonly HeaderChange[],
  response: readonly HeaderChange[],
  authority: string | undefined,
): HeaderPlan {
  const effective = { request: request.filter(changes), response: response.filter(changes) };
  return authority === undefined ? effective : { ...effective, authority };
}

function changes(change: HeaderChange): boolean {
  return change.set.size > 0 || change.add.size > 0 || change.remove.length > 0;
}

function appended(first: HeaderChange, last: HeaderChange): HeaderChange[] {
  return [
    {
      remove: [...first.remove, ...last.remove],
      set: new Map([...first.set, ...last.set]),
      add: first.add,
    },
    // A change of its own: both may add a line to the same header.
    { remove: [], set: new Map(), add: last.add },
  ];
}

/** A Host that is set becomes a rewrite of the authority; Istio drops other operations on it and on pseudo-headers. */
function withoutInternal(change: HeaderChange): HeaderChange {
  const external = (name: string) => !name.startsWith(':') && name !== 'host';
  return {
    set: new Map([...change.set].filter(([name]) => external(name))),
    add: new Map([...change.add].filter(([name]) => external(name))),
    remove: change.remove.filter(external),
  };
}

function authorityOf({ request }: HeaderOperations): string | undefined {
  return request.set.get('host') || undefined;
}
