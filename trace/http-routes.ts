/** HTTPRoutes and GRPCRoutes as the specs of VirtualServices that they come to, as far as they tell of a colour by the names of routes. */
import { z } from 'zod';

const change = z.object({
  set: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  add: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  remove: z.array(z.string()).optional(),
});
const filters = z.array(z.object({ requestHeaderModifier: change.optional() })).optional();
const ruleSchema = z.object({
  name: z.string().optional(),
  matches: z
    .array(
      z.object({
        path: z.object({ type: z.string().optional(), value: z.string().optional() }).optional(),
        headers: z
          .array(z.object({ type: z.string().optional(), name: z.string(), value: z.string() }))
          .optional(),
        queryParams: z.array(z.unknown()).optional(),
        // Of a GRPCRoute what is called.
        method: z.unknown().optional(),
      }),
    )
    .optional(),
  filters,
  backendRefs: z.array(z.object({ filters })).optional(),
});
const specSchema = z.object({
  parentRefs: z
    .array(
      z.object({
        kind: z.string().optional(),
        namespace: z.string().optional(),
        name: z.string(),
        port: z.number().optional(),
      }),
    )
    .optional(),
  hostnames: z.array(z.string()).optional(),
  rules: z.array(ruleSchema).optional(),
});
type Rule = z.infer<typeof ruleSchema>;
type Match = NonNullable<Rule['matches']>[number];

interface HttpRoute {
  metadata: { namespace: string; name: string };
  spec?: unknown;
}

/**
 * One spec for each parent with the rules that ask for no more than a path of everything and headers, those with headers
 * first, as they merge (https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule); any other rule for itself: which of
 * those come first is not worked out here.
 */
export function httpRouteSpecs(httpRoutes: readonly HttpRoute[]): { http: unknown[] }[] {
  const merged = new Map<string, { route: object; headers: number }[]>();
  const alone: { http: unknown[] }[] = [];
  for (const { metadata, spec } of httpRoutes) {
    const { rules = [], parentRefs = [], hostnames = [] } = specSchema.safeParse(spec).data ?? {};
    for (const [index, rule] of rules.entries()) {
      const route = {
        name: rule.name ?? `${metadata.namespace}.${metadata.name}.${index}`,
        match: (rule.matches ?? []).map(matchOf),
        headers: { request: changeOf(rule.filters) },
        route: (rule.backendRefs ?? []).map((backend) => ({
          headers: { request: changeOf(backend.filters) },
        })),
      };
      const counts = (rule.matches ?? [{}]).map(({ headers = [] }) => headers.length);
      if (!(rule.matches ?? []).every(isPlain) || new Set(counts).size > 1) {
        alone.push({ http: [route] });
        continue;
      }
      for (const { kind = 'Gateway', namespace = metadata.namespace, name, port } of parentRefs) {
        const key = JSON.stringify([kind, namespace, name, port, hostnames]);
        merged.set(key, [...(merged.get(key) ?? []), { route, headers: counts[0] ?? 0 }]);
      }
    }
  }
  const specs = [...merged.values()].map((all) => ({
    http: all.sort((a, b) => b.headers - a.headers).map(({ route }) => route),
  }));
  return [...alone, ...specs];
}

/** Of every path. */
function isPlain({
  path: { type = 'PathPrefix', value = '/' } = {},
  method,
  queryParams = [],
}: Match): boolean {
  return type === 'PathPrefix' && value === '/' && method === undefined && queryParams.length === 0;
}

function matchOf(match: Match) {
  const { headers = [], path, method, queryParams } = match;
  return {
    headers: Object.fromEntries(
      headers.map(({ type = 'Exact', name, value }) => [name, type === 'Exact' ? { exact: value } : {}]),
    ),
    ...(!isPlain(match) && { others: { path, method, queryParams } }),
  };
}

function changeOf(all: z.infer<typeof filters>) {
  const changes = (all ?? []).flatMap(({ requestHeaderModifier }) => requestHeaderModifier ?? []);
  const record = (name: 'set' | 'add') =>
    Object.fromEntries(
      changes.flatMap((one) => one[name] ?? []).map((header) => [header.name, header.value]),
    );
  return { set: record('set'), add: record('add'), remove: changes.flatMap(({ remove = [] }) => remove) };
}
