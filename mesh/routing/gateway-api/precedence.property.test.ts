/** Whatever HTTPRoutes there are, the rule that decides is the one that the Gateway API's specification puts first. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide } from '../decide.ts';
import { buildTable } from '../table.ts';
import { registryOf, request, rulesOf, sidecar } from '../testing.ts';

interface Match {
  path: { type: 'Exact' | 'PathPrefix'; value: string };
  method?: 'GET' | 'POST';
  headers: string[];
  queryParams: string[];
}

const names = ['a', 'b', 'c'];
const some = fc.subarray(names);
const path = fc.constantFrom('/', '/x', '/x/y', '/xy');
const match: fc.Arbitrary<Match> = fc.record(
  {
    path: fc.record({ type: fc.constantFrom('Exact' as const, 'PathPrefix' as const), value: path }),
    method: fc.constantFrom('GET' as const, 'POST' as const),
    headers: some,
    queryParams: some,
  },
  { requiredKeys: ['path', 'headers', 'queryParams'] },
);
/** Rules of HTTPRoutes, in the order of the HTTPRoutes' names. */
const routes = fc.array(fc.array(match, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
const asked = fc.record({ path, method: fc.constantFrom('GET', 'POST'), headers: some, queryParams: some });

const registry = registryOf({ 'back.coloring:80': ['v1'] });

/** As JSON, which is YAML. */
function written(all: readonly (readonly Match[])[]): string {
  const values = (list: readonly string[]) => list.map((name) => ({ name, value: 'yes' }));
  return all
    .map((rules, i) =>
      JSON.stringify({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name: `r${i}`, namespace: 'coloring' },
        spec: {
          parentRefs: [{ group: '', kind: 'Service', name: 'back' }],
          rules: rules.map(({ headers, queryParams, ...rest }, j) => ({
            name: `r${i}.${j}`,
            matches: [{ ...rest, headers: values(headers), queryParams: values(queryParams) }],
            backendRefs: [{ name: 'back', port: 80 }],
          })),
        },
      }),
    )
    .join('\n---\n');
}

type Asked = { path: string; method: string; headers: string[]; queryParams: string[] };

function holds({ path, method, headers, queryParams }: Match, one: Asked): boolean {
  const isBelow = path.value === '/' || one.path === path.value || one.path.startsWith(`${path.value}/`);
  return (
    (path.type === 'Exact' ? one.path === path.value : isBelow) &&
    (method === undefined || method === one.method) &&
    headers.every((name) => one.headers.includes(name)) &&
    queryParams.every((name) => one.queryParams.includes(name))
  );
}

/** https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule: ties go on to the next criterion. */
function rank({ path, method, headers, queryParams }: Match): number[] {
  return [
    path.type === 'Exact' ? 1 : 0,
    path.value.length,
    method === undefined ? 0 : 1,
    headers.length,
    queryParams.length,
  ];
}

function firstOf(all: readonly (readonly Match[])[], one: Asked): string | undefined {
  const fitting = all.flatMap((rules, i) =>
    rules.map((match, j) => ({ match, name: `r${i}.${j}` })).filter(({ match }) => holds(match, one)),
  );
  const best = fitting.reduce<(typeof fitting)[number] | undefined>((before, next) => {
    if (!before) return next;
    const [x, y] = [rank(before.match), rank(next.match)];
    const differs = x.findIndex((value, i) => value !== y[i]);
    return differs >= 0 && (y[differs] ?? 0) > (x[differs] ?? 0) ? next : before;
  }, undefined);
  return best?.name;
}

it('of all rules that hold the first by path, method, headers, query parameters, and place decides', () => {
  fc.assert(
    fc.property(routes, fc.array(asked, { minLength: 1, maxLength: 5 }), (all, requests) => {
      const table = buildTable(rulesOf(written(all)), registry, sidecar, {
        outboundTrafficPolicy: 'ALLOW_ANY',
      });
      for (const one of requests) {
        const query = one.queryParams.map((name) => `${name}=yes`).join('&');
        const head = request({
          authority: 'back',
          port: 80,
          path: query ? `${one.path}?${query}` : one.path,
          method: one.method,
          headers: Object.fromEntries(one.headers.map((name) => [name, 'yes'])),
        });
        const decision = decide(table, head, () => 0);
        const decided = decision.type === 'forward' ? decision.by?.route.name : undefined;
        expect(decided).toBe(firstOf(all, one));
      }
    }),
    { numRuns: 300 },
  );
}, 60_000);
