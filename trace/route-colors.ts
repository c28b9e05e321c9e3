/** What the name of a route tells of the colour of the requests that it took: read from the rules that have it. */
import { z } from 'zod';
import { noColor } from '../carry/color.ts';
import type { RouteColors } from './log-hop.ts';

const headerChange = z.object({
  set: z.record(z.string(), z.string()).optional(),
  add: z.record(z.string(), z.string()).optional(),
  remove: z.array(z.string()).optional(),
});
const headersSchema = z.object({ request: headerChange.optional() }).optional();
const routeSchema = z.object({
  name: z.string().optional(),
  match: z
    .array(
      z.looseObject({
        headers: z.record(z.string(), z.object({ exact: z.string().optional() })).optional(),
        withoutHeaders: z.record(z.string(), z.unknown()).optional(),
        sourceLabels: z.unknown().optional(),
      }),
    )
    .optional(),
  headers: headersSchema,
  route: z.array(z.object({ headers: headersSchema })).optional(),
});
const specSchema = z.object({ http: z.array(routeSchema).optional() });
type Route = z.infer<typeof routeSchema>;

/**
 * By the name of the route; of a name that several have, what is true of all.
 * @param specs of VirtualServices, as the API server has them; of HTTPRoutes {@link httpRouteSpecs}
 */
export function routeColors(specs: readonly unknown[], header: string): Map<string, RouteColors> {
  const found = new Map<string, RouteColors>();
  for (const spec of specs) {
    const { http = [] } = specSchema.safeParse(spec).data ?? {};
    // Colours of which a route above takes every request: none of them comes to the routes below.
    const above: string[] = [];
    for (const route of http) {
      const colors = colorsOf(route, header, [...above]);
      for (const color of wholly(route, header)) above.push(color);
      if (!route.name) continue;
      const before = found.get(route.name);
      found.set(route.name, before ? common(before, colors) : colors);
    }
  }
  return found;
}

function colorsOf(route: Route, header: string, above: readonly string[]): RouteColors {
  const sets = [route.headers, ...(route.route ?? []).map(({ headers }) => headers)].some((headers) =>
    touches(headers?.request, header),
  );
  const matches = route.match ?? [];
  const exact = new Set(matches.map((match) => exactOf(match.headers, header)));
  const [only] = exact;
  const without =
    matches.length > 0 && matches.every(({ withoutHeaders }) => named(withoutHeaders, header) !== undefined);
  const color = (exact.size === 1 ? only : undefined) ?? (without ? noColor : undefined);
  const matched = color !== undefined ? { color } : above.length > 0 ? { noneOf: above } : undefined;
  return { ...(matched && { matched }), ...(sets && { sets: true as const }) };
}

/** Colours that this route takes by themselves. */
function wholly({ match = [] }: Route, header: string): string[] {
  return match.flatMap((one) => {
    const { headers = {}, ...others } = one;
    const color = exactOf(headers, header);
    const alone = Object.keys(headers).length === 1;
    const free = Object.entries(others).every(([name, value]) => name === 'name' || value === undefined);
    return color !== undefined && alone && free ? [color] : [];
  });
}

function exactOf(
  headers: Readonly<Record<string, { exact?: string | undefined }>> | undefined,
  header: string,
): string | undefined {
  return named(headers, header)?.exact;
}

function named<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return Object.entries(record ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}

function touches(change: z.infer<typeof headerChange> | undefined, header: string): boolean {
  const names = [...Object.keys({ ...change?.set, ...change?.add }), ...(change?.remove ?? [])];
  return names.some((name) => name.toLowerCase() === header);
}

function common(one: RouteColors, other: RouteColors): RouteColors {
  const same = JSON.stringify(one.matched) === JSON.stringify(other.matched);
  // A link's route has the name of its version's own, and sets what a header says there: who came by which is not in the log.
  const sets = one.sets && other.sets;
  return { ...(same && one.matched && { matched: one.matched }), ...(sets && { sets }) };
}
