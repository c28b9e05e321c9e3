import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { explain } from './explain.ts';
import { requestHead, rules } from './generated.ts';
import { buildTable } from './table.ts';
import { demo, gateway, sidecar } from './testing.ts';

const table = fc
  .record({
    rules,
    proxy: fc.constantFrom(gateway, sidecar),
    outboundTrafficPolicy: fc.constantFrom('ALLOW_ANY' as const, 'REGISTRY_ONLY' as const),
  })
  .map(({ rules, proxy, ...options }) => buildTable(rules, demo, proxy, options));
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const wellFormed = /^(PassthroughCluster|outbound\|\d+\|[a-z0-9.-]*\|(\*\.)?[a-z0-9.-]+)$/;

const requests = fc.array(requestHead, { minLength: 1, maxLength: 8 });

describe('on any rules and any request', () => {
  it('decide never throws, and names only clusters that Istio could name', () =>
    fc.assert(
      fc.property(table, requests, chance, (table, heads, chance) => {
        for (const head of heads) {
          const decision = decide(table, head, () => chance);
          if (decision.type !== 'forward') continue;
          expect(decision.cluster).toMatch(wellFormed);
          for (const { cluster } of decision.mirrors) expect(cluster).toMatch(wellFormed);
        }
      }),
    ));

  it('the index finds the first route that matches: all that explain passes over have a reason', () =>
    fc.assert(
      fc.property(table, requests, (table, heads) => {
        for (const head of heads) {
          const { routes, decision } = explain(table, head);
          expect(decision).toEqual(decide(table, head, () => 0));
          for (const { matched, reason } of routes) expect(matched).toBe(reason === undefined);
        }
      }),
    ));
});
