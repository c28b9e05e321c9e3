/** Routes of which an earlier one takes every request. */

import type { HttpMatch, HttpRoute, RuleSet } from '../rules/model.ts';
import { covers, coversEverything } from './covers.ts';
import { aboutRoute, fieldOf, type Remark } from './remark.ts';

export function unreachableRoutes({ virtualServices }: RuleSet): Remark[] {
  return virtualServices.flatMap((rule) => {
    const earlier = new EarlierMatches();
    const found: Remark[] = [];
    for (const [index, route] of rule.http.entries()) {
      const by = earlier.covering(route);
      if (by !== undefined) {
        found.push({
          code: 'route-never-reached',
          place: route.place,
          object: aboutRoute(rule, route),
          field: fieldOf(route, index),
          message: `never reached: ${routeName(rule.http, by)} comes first and takes all its requests`,
        });
      }
      earlier.add(route, index);
    }
    return found;
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
    if (route.match.length === 0 || route.match.some(coversEverything)) this.#all ??= index;
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
  const { name, from } = http[index] ?? {};
  if (from) return `${from.kind} ${from.namespace}/${from.name} rules[${from.rule}]`;
  return name ? `spec.http[${index}] (${name})` : `spec.http[${index}]`;
}
