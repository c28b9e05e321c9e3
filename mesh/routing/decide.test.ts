import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import type { Decision, RequestHead } from './decision.ts';
import { request, routesOfB, tableOf } from './testing.ts';

function tableWith(http: string) {
  return tableOf({
    rules: routesOfB(`- ${http}`),
  });
}

function forwarded(decision: Decision): Extract<Decision, { type: 'forward' }> {
  if (decision.type !== 'forward') throw new Error(decision.type);
  return decision;
}

describe('weights', () => {
  const to = (...weights: number[]) =>
    tableWith(
      `route: [${weights.map((weight, i) => `{ destination: { host: service-b, subset: s${i} }, weight: ${weight} }`)}]`,
    );
  const chosen = (table: ReturnType<typeof to>, chance: number) =>
    forwarded(decide(table, request(), () => chance)).cluster.split('|')[2];

  it.each([
    [[90, 10], 0, 's0'],
    [[90, 10], 0.89, 's0'],
    [[90, 10], 0.9, 's1'],
    [[90, 10], 0.999, 's1'],
    [[1, 1, 2], 0.49, 's1'],
    [[1, 1, 2], 0.5, 's2'],
    [[0, 100], 0, 's1'],
    [[100, 0], 0.999, 's0'],
    [[0], 0.5, 's0'],
  ])('%j at chance %d choose %s', (weights, chance, subset) =>
    expect(chosen(to(...weights), chance)).toBe(subset),
  );

  it('ask for no chance where there is one destination', () => {
    const noChance = () => {
      throw new Error('asked for chance');
    };
    expect(forwarded(decide(to(100), request(), noChance)).cluster).toContain('|s0|');
    expect(forwarded(decide(to(100, 0), request(), noChance)).cluster).toContain('|s0|');
  });
});

describe('mirrors', () => {
  const mirrored = (more: string, chance: number, head: Partial<RequestHead> = {}) =>
    forwarded(
      decide(
        tableWith(`{ route: [{ destination: { host: service-b } }], ${more} }`),
        request(head),
        () => chance,
      ),
    ).mirrors;
  const cluster = 'outbound|32000|v2|service-b.coloring.svc.cluster.local';
  const to = 'mirror: { host: service-b, subset: v2 }';

  it('get a copy each time, its host unchanged', () =>
    expect(mirrored(to, 0.999)).toEqual([{ cluster, authority: 'service-b:32000' }]));

  it.each([
    [10, 0.09, 1],
    [10, 0.1, 0],
    [0, 0, 0],
    [100, 0.999, 1],
  ])('of %d percent at chance %d: %d', (percent, chance, copies) =>
    expect(mirrored(`${to}, mirrorPercentage: { value: ${percent} }`, chance)).toHaveLength(copies),
  );

  it('carry the authority that the route rewrote', () =>
    expect(mirrored(`${to}, rewrite: { authority: other }`, 0)).toEqual([{ cluster, authority: 'other' }]));

  it('get no CONNECT', () => expect(mirrored(to, 0, { method: 'CONNECT' })).toEqual([]));
});

describe('a direct response', () =>
  it('has status and body', () =>
    expect(
      decide(tableWith('directResponse: { status: 418, body: { string: teapot } }'), request(), () => 0),
    ).toMatchObject({ type: 'direct', status: 418, body: 'teapot' })));

describe('a route', () => {
  it('says which rule decided', () => {
    const { by } = forwarded(
      decide(
        tableWith('{ name: r, timeout: 3s, route: [{ destination: { host: service-b } }] }'),
        request(),
        () => 0,
      ),
    );
    expect(by).toMatchObject({ virtualService: { name: 'b' }, route: { name: 'r', timeoutMs: 3000 } });
  });

  it('that none matches is answered 404', () =>
    expect(
      decide(
        tableWith('{ match: [{ uri: { prefix: /x } }], directResponse: { status: 200 } }'),
        request(),
        () => 0,
      ),
    ).toEqual({ type: 'noRoute' }));
});
