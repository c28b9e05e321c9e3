/**
 * First match over many routes that differ in the exact value of one header, as 1,000 versions of a service do. The
 * order of rules still decides: consecutive routes that all ask for an exact value of the same header form a run, and
 * of a run only those for the value at hand are looked at, in their order.
 */
import type { Condition } from './match.ts';
import type { RequestView } from './request.ts';

export interface Conditional {
  conditions: readonly Condition[];
}

/** Whether all conditions of a route hold. */
export function matches(route: Conditional, request: RequestView): boolean {
  return route.conditions.every((condition) => condition.holds(request));
}

interface Run<R> {
  header: string;
  /** Value -> the routes that ask for it, each with its position in the run. */
  byValue: ReadonlyMap<string, readonly { position: number; route: R }[]>;
}

/** Below this many routes a plain loop is as fast. */
const shortestRun = 4;

/** Routes in order, ready to be searched. */
export class RouteIndex<R extends Conditional> {
  readonly #parts: (R | Run<R>)[] = [];

  constructor(routes: readonly R[]) {
    for (let start = 0; start < routes.length; ) {
      const { header, end } = longestRun(routes, start);
      if (header !== undefined && end - start >= shortestRun) {
        this.#parts.push(indexed(routes.slice(start, end), header));
      } else {
        this.#parts.push(...routes.slice(start, end));
      }
      start = end;
    }
  }

  /** The first route that matches, the same that a loop over all of them would find. */
  first(request: RequestView): R | undefined {
    for (const part of this.#parts) {
      if (!('byValue' in part)) {
        if (matches(part, request)) return part;
        continue;
      }
      const found = firstInRun(part, request);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** From `start`, the most routes in a row that share the name of an exact header condition; at least one route. */
function longestRun(
  routes: readonly Conditional[],
  start: number,
): { header: string | undefined; end: number } {
  let shared = exactHeaders(routes[start]);
  let end = start + 1;
  while (end < routes.length && shared.size > 0) {
    const names = exactHeaders(routes[end]);
    const stillShared = new Set([...shared].filter((name) => names.has(name)));
    if (stillShared.size === 0) break;
    shared = stillShared;
    end += 1;
  }
  const [header] = shared;
  return { header, end };
}

function exactHeaders(route: Conditional | undefined): Set<string> {
  const names = route?.conditions.flatMap(({ exactHeader }) => (exactHeader ? [exactHeader.name] : []));
  return new Set(names);
}

function indexed<R extends Conditional>(routes: readonly R[], header: string): Run<R> {
  const positioned = routes.map((route, position) => ({ position, route }));
  const wanted = ({ route }: { route: R }) =>
    route.conditions.find(({ exactHeader }) => exactHeader?.name === header)?.exactHeader?.value ?? '';
  return { header, byValue: Map.groupBy(positioned, wanted) };
}

function firstInRun<R extends Conditional>(run: Run<R>, request: RequestView): R | undefined {
  let first: { position: number; route: R } | undefined;
  // Usually one value; a header that came on several lines asks for each of them.
  for (const value of request.header(run.header)) {
    for (const candidate of run.byValue.get(value) ?? []) {
      if (first !== undefined && first.position <= candidate.position) break;
      if (matches(candidate.route, request)) first = candidate;
    }
  }
  return first?.route;
}
