/** Destinations that some proxy with the route has no upstream for. */
import type { Destination, HttpRoute, RuleSet, VirtualService } from '../rules/model.ts';
import { type NoUpstream, noUpstream } from './no-upstream.ts';
import { aboutRoute, type Remark } from './remark.ts';
import type { View, Views } from './views.ts';

export function destinations({ virtualServices }: RuleSet, views: Views): Remark[] {
  return virtualServices.flatMap((rule) => {
    const seeing = views.of(rule);
    return rule.http.flatMap((route) =>
      destinationsOf(route).flatMap(({ destination, isCopy }) => {
        // Where the fallback takes the route's place, its own destination does not count.
        const [own = [], replaced = []] = [false, true].map((is) =>
          seeing.filter((view) => (!isCopy && isReplaced(view, route)) === is),
        );
        return remarksOn({ rule, route, destination, isCopy }, own, replaced);
      }),
    );
  });
}

/** Those that requests go to; a share of 0 is not one. */
function destinationsOf({ action, mirrors }: HttpRoute): { destination: Destination; isCopy: boolean }[] {
  const routed = action.type === 'route' ? action.destinations.filter(({ weight }) => weight > 0) : [];
  return [
    ...routed.map(({ destination }) => ({ destination, isCopy: false })),
    ...mirrors.filter(({ percent }) => percent > 0).map(({ destination }) => ({ destination, isCopy: true })),
  ];
}

function isReplaced({ fallbacks }: View, { name = '', match }: HttpRoute): boolean {
  const names = match.length === 0 ? [name] : match.map((one) => (one.name ? `${name}.${one.name}` : name));
  return names.every((each) => fallbacks.clusterOfRoute.has(each));
}

interface Goal {
  rule: VirtualService;
  route: HttpRoute;
  destination: Destination;
  /** It is a mirror's. */
  isCopy: boolean;
}

/** One where it is the same for all proxies, else one for each cause, with the proxies that have it; `others` go elsewhere. */
function remarksOn(
  { rule, route, destination, isCopy }: Goal,
  views: readonly View[],
  others: readonly View[],
): Remark[] {
  const causes = new Map<string, { cause: NoUpstream; names: Set<string> }>();
  const served = new Set(others.map(({ proxy }) => proxy.name));
  for (const view of views) {
    const cause = noUpstream(view, destination);
    // That an HTTPRoute's backend is not there, its status says.
    if (route.from && cause && cause.code !== 'port-unknown') continue;
    if (cause === undefined) served.add(view.proxy.name);
    else {
      const { names } = causes.get(cause.message) ?? { names: new Set<string>() };
      causes.set(cause.message, { cause, names: names.add(view.proxy.name) });
    }
  }
  return [...causes.values()].flatMap(({ cause: { code, message, wayOut }, names }) => {
    const missing = [...names].filter((name) => !served.has(name));
    if (missing.length === 0) return [];
    const everywhere = served.size === 0 && causes.size === 1;
    const who = everywhere ? '' : ` from ${inShort(missing)}`;
    const result = isCopy
      ? `so its copies${who} are lost`
      : `so it answers ${route.from ? 500 : 503}${everywhere ? '' : ` to requests${who}`}`;
    return [
      {
        code,
        place: destination.place,
        object: aboutRoute(rule, route),
        message: `${message}, ${result}`,
        ...(wayOut && { wayOut }),
      },
    ];
  });
}

/** A cluster may have many. */
function inShort(names: readonly string[]): string {
  const more = names.length - 3;
  return more > 1 ? `${names.slice(0, 3).join(', ')} and ${more} others` : names.join(', ');
}
