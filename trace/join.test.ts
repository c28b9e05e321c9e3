import { describe, expect, it } from 'vitest';
import { partyName } from './hop.ts';
import { belonging, joinHops, type TracedRequest } from './join.ts';
import { hop } from './testing.ts';

const toB = { startedAt: 1_002, durationMs: 5 };

/** `gateway > service-a/release < 0`: with the index of its parent. */
const ways = ({ hops }: TracedRequest) =>
  hops.map(
    ({ from, to, parent }) =>
      `${partyName(from)} > ${to ? partyName(to) : '?'}${parent === undefined ? '' : ` < ${parent}`}`,
  );

describe('joinHops', () => {
  it('puts hops in the order of calls, however they come', () => {
    const hops = [
      hop('service-b/v1 > service-c/v1', 'v1', { startedAt: 1_003, durationMs: 1 }),
      hop('service-a/v1 > service-b/v1', 'v1', toB),
      hop('gateway > service-a/v1', 'v1'),
    ];
    const expected = [
      'gateway > service-a/v1',
      'service-a/v1 > service-b/v1 < 0',
      'service-b/v1 > service-c/v1 < 1',
    ];
    expect(ways(joinHops(hops))).toEqual(expected);
    expect(ways(joinHops(hops.toReversed()))).toEqual(expected);
    expect(joinHops(hops).losses).toEqual([]);
  });

  it('does not need clocks that agree', () => {
    const hops = [
      hop('service-a/v1 > service-b/v1', 'v1', { startedAt: 900 }),
      hop('gateway > service-a/v1', 'v1'),
    ];
    expect(ways(joinHops(hops))).toEqual(['gateway > service-a/v1', 'service-a/v1 > service-b/v1 < 0']);
  });

  it('keeps a hop whose caller nobody called: a mirror made it', () => {
    const hops = [hop('gateway > service-a/v1', 'v1'), hop('service-a/v2 > service-b/v1', 'v1', toB)];
    expect(ways(joinHops(hops))).toEqual(['gateway > service-a/v1', 'service-a/v2 > service-b/v1']);
    expect(joinHops(hops).losses).toEqual([]);
  });

  it.each([
    ['carries it on', 'v1', 'v1', []],
    ['drops it', 'v1', undefined, [{ what: 'dropped', cameIn: 'v1' }]],
    ['says that there is none', 'v1', '-', [{ what: 'dropped', cameIn: 'v1' }]],
    ['changes it', 'v1', 'v2', [{ what: 'changed', cameIn: 'v1', wentOut: 'v2' }]],
    ['makes one up', undefined, 'v2', [{ what: 'changed', wentOut: 'v2' }]],
    ['carries a malformed one on as none', 'V_1', '-', []],
    ['turns none into -', undefined, '-', []],
  ] as const)('a service that %s', (_, cameIn, wentOut, losses) => {
    const request = joinHops([
      hop('gateway > service-a/v1', cameIn),
      hop('service-a/v1 > service-b/v1', wentOut, toB),
    ]);
    expect(request.losses).toEqual(
      losses.map((loss) => ({ by: { service: 'service-a', version: 'v1' }, ...loss, hop: 1 })),
    );
  });

  it('does not blame a service for what a rule set behind it', () => {
    const gateway = hop('gateway > service-a/v1', undefined, { colorOut: 'v1' });
    expect(joinHops([gateway, hop('service-a/v1 > service-b/v1', 'v1', toB)]).losses).toEqual([]);
  });

  it('takes a hop with an id of its own in, and says who began it', () => {
    const stray = hop('service-a/v1 > service-b/v1', 'v1', { ...toB, requestId: 'other' });
    const request = joinHops([hop('gateway > service-a/v1', 'v1')], [stray]);
    expect(request.id).toBe('r1');
    expect(request.losses).toEqual([
      { by: { service: 'service-a', version: 'v1' }, what: 'request-id', hop: 1 },
    ]);
  });
});

describe('belonging', () => {
  const served = [hop('gateway > service-a/v1', 'v1')];
  it.each([
    ['made by the service that was being served', 'service-a/v1 > service-b/v1', toB, 'within'],
    ['made by another version', 'service-a/v2 > service-b/v1', toB, undefined],
    ['before', 'service-a/v1 > service-b/v1', { startedAt: 990, durationMs: 5 }, undefined],
    [
      'closed after its caller',
      'service-a/v1 > service-b/v1',
      { startedAt: 1_009, durationMs: 5 },
      'begun-within',
    ],
    ['after', 'service-a/v1 > service-b/v1', { startedAt: 1_012, durationMs: 5 }, undefined],
  ])('%s', (_, way, times, expected) => {
    expect(belonging(hop(way, 'v1', times), served)).toBe(expected);
  });

  const stray = hop('service-a/v1 > service-b/v1', 'v1', toB);
  it('not where its caller called a service there', () => {
    expect(belonging(stray, [...served, hop('service-a/v1 > service-c/v1', 'v1')])).toBeUndefined();
  });
  it('beside another that its caller began an id of its own for, as it does for each call', () => {
    const other = hop('service-a/v1 > service-c/v1', 'v1', { ...toB, requestId: 'other' });
    expect(belonging({ ...stray, requestId: 'third' }, [...served, other])).toBe('within');
  });
  it('whatever else its caller called that is no service', () => {
    const elsewhere = hop('service-a/v1', undefined, { status: 503, flags: ['UH'] });
    expect(belonging(stray, [...served, elsewhere])).toBe('within');
  });
});
