/** What Istio takes without a word, and which rarely is what was meant. */
import { covers, takesAll } from './covers.ts';
import { hostsOverlap } from './hosts.ts';
import type { Destination, DestinationRule, HttpMatch, HttpRoute, RuleSet } from './model.ts';
import type { Problem } from './problem.ts';

/** Every surprise in a set of rules that is valid. */
export function surprises(rules: RuleSet): Problem[] {
  return [
    ...unreachableRoutes(rules),
    ...missingSubsets(rules),
    ...unboundHosts(rules),
    ...rivalHosts(rules),
    ...idleFaults(rules),
    ...idleFallbacks(rules),
  ];
}

/** Routes of which an earlier one takes every request. */
function unreachableRoutes({ virtualServices }: RuleSet): Problem[] {
  return virtualServices.flatMap(({ name, http }) => {
    const earlier = new EarlierMatches();
    const problems: Problem[] = [];
    for (const [index, route] of http.entries()) {
      const by = earlier.covering(route);
      if (by !== undefined) {
        problems.push({
          ...route.place,
          object: `VirtualService ${name}`,
          field: `spec.http[${index}]`,
          message: `never reached: ${routeName(http, by)} comes first and takes all its requests`,
        });
      }
      earlier.add(route, index);
    }
    return problems;
  });
}

/**
 * The matches of the routes so far. Those with an exact header are found by it: a match with one can only cover
 * matches with the same, so that a thousand versions do not cost a million comparisons.
 */
class EarlierMatches {
  readonly #byHeader = new Map<string, { match: HttpMatch; index: number }[]>();
  readonly #others: { match: HttpMatch; index: number }[] = [];
  #all: number | undefined;

  add(route: HttpRoute, index: number): void {
    if (route.match.length === 0 || route.match.some(takesAll)) this.#all ??= index;
    for (const match of route.match) {
      const [key] = exactHeaders(match);
      if (key === undefined) this.#others.push({ match, index });
      else this.#byHeader.set(key, [...(this.#byHeader.get(key) ?? []), { match, index }]);
    }
  }

  /** The last of the routes that together take all that this one takes; undefined where they do not. */
  covering(route: HttpRoute): number | undefined {
    if (this.#all !== undefined) return this.#all;
    if (route.match.length === 0) return undefined;
    const found = route.match.map((match) => this.#coveringMatch(match));
    return found.some((index) => index === undefined)
      ? undefined
      : Math.max(...found.map((index) => index ?? 0));
  }

  #coveringMatch(match: HttpMatch): number | undefined {
    const candidates = [
      ...exactHeaders(match).flatMap((key) => this.#byHeader.get(key) ?? []),
      ...this.#others,
    ];
    return candidates.find((candidate) => covers(candidate.match, match))?.index;
  }
}

function exactHeaders(match: HttpMatch): string[] {
  return [...match.headers].flatMap(([name, value]) =>
    value.type === 'exact' ? [`${name}: ${value.value}`] : [],
  );
}

function routeName(http: readonly HttpRoute[], index: number): string {
  const { name } = http[index] ?? {};
  return name ? `spec.http[${index}] (${name})` : `spec.http[${index}]`;
}

/** Destinations in a subset that no DestinationRule has: they answer 503. */
function missingSubsets(rules: RuleSet): Problem[] {
  return rules.virtualServices.flatMap(({ name, http }) =>
    http.flatMap(destinationsOf).flatMap(({ host, subset, place }) => {
      if (subset === undefined) return [];
      const found = destinationRulesOf(host, rules.destinationRules);
      const has = found.flatMap((rule) => rule.subsets.map((each) => each.name));
      if (has.includes(subset)) return [];
      const which =
        found.length === 1 ? `DestinationRule ${found[0]?.name}` : `a DestinationRule for ${host}`;
      const message = `subset ${JSON.stringify(subset)} is not in ${which} (has: ${has.join(', ') || 'none'}), so it answers 503`;
      return [{ ...place, object: `VirtualService ${name}`, message }];
    }),
  );
}

function destinationsOf({ action, mirrors }: HttpRoute): Destination[] {
  const routed = action.type === 'route' ? action.destinations : [];
  return [...routed, ...mirrors].map(({ destination }) => destination);
}

/** Those for the host itself, else those for a wildcard around it. */
function destinationRulesOf(host: string, rules: readonly DestinationRule[]): DestinationRule[] {
  const own = rules.filter((rule) => rule.host === host);
  return own.length > 0
    ? own
    : rules.filter((rule) => rule.host.startsWith('*') && hostsOverlap(rule.host, host));
}

/** Gateways that no file defines, and hosts that the Gateway does not listen for. */
function unboundHosts({ virtualServices, gateways }: RuleSet): Problem[] {
  const known = new Map(gateways.map((gateway) => [`${gateway.namespace}/${gateway.name}`, gateway]));
  return virtualServices.flatMap((rule) => {
    const object = `VirtualService ${rule.name}`;
    return rule.gateways.flatMap((name) => {
      if (name === 'mesh') return [];
      const gateway = known.get(name);
      const said = { ...rule.place, object };
      if (!gateway)
        return [{ ...said, field: 'spec.gateways', message: `${name}: no such Gateway in these files` }];
      const heard = gateway.servers
        .flatMap((server) => server.hosts)
        .filter(({ namespace }) => namespace === '*' || namespace === rule.namespace);
      return rule.hosts
        .filter((host) => !heard.some((each) => hostsOverlap(each.host, host)))
        .map((host) => ({
          ...said,
          field: 'spec.hosts',
          message: `${host}: Gateway ${name} does not listen for it`,
        }));
    });
  });
}

/** Several VirtualServices for one host on sidecars, where they do not merge: one wins. */
function rivalHosts({ virtualServices }: RuleSet): Problem[] {
  const first = new Map<string, (typeof virtualServices)[number]>();
  const problems: Problem[] = [];
  for (const rule of virtualServices.filter(({ gateways }) => gateways.includes('mesh'))) {
    for (const host of rule.hosts) {
      const other = first.get(host);
      if (!other) {
        first.set(host, rule);
        continue;
      }
      const where = `VirtualService ${other.name} (${other.place.file}:${other.place.line})`;
      const message = `${host}: ${where} has this host as well; sidecars obey one of them only`;
      problems.push({ ...rule.place, object: `VirtualService ${rule.name}`, field: 'spec.hosts', message });
    }
  }
  return problems;
}

/** Faults for no request: without a percentage Istio injects none. */
function idleFaults({ virtualServices }: RuleSet): Problem[] {
  return virtualServices.flatMap(({ name, http }) =>
    http.flatMap(({ fault, place }, i) =>
      (['delay', 'abort'] as const)
        .filter((kind) => fault?.[kind]?.percent === 0)
        .map((kind) => ({
          ...place,
          object: `VirtualService ${name}`,
          field: `spec.http[${i}].fault.${kind}`,
          message: 'without a percentage above 0 no request gets it',
        })),
    ),
  );
}

/** Fallbacks that point a route which nobody has, or to a cluster that nobody adds. */
function idleFallbacks({ fallbackFilters, virtualServices }: RuleSet): Problem[] {
  const names = new Set(virtualServices.flatMap(({ http }) => http.map((route) => route.name)));
  return fallbackFilters.flatMap((filter) => {
    const clusters = new Set(
      fallbackFilters
        .filter(({ namespace }) => namespace === filter.namespace)
        .flatMap((each) => each.clusters.map((cluster) => cluster.name)),
    );
    const object = `EnvoyFilter ${filter.name}`;
    return filter.routes.flatMap(({ route, cluster, place }) => {
      if (!names.has(route))
        return [{ ...place, object, message: `${route}: no VirtualService has a route of this name` }];
      if (clusters.has(cluster)) return [];
      return [
        {
          ...place,
          object,
          message: `${cluster}: no EnvoyFilter adds this cluster, so ${route} answers 503`,
        },
      ];
    });
  });
}
