import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editRule } from './edit-rule.ts';

const target = { name: 'b', namespace: 'n', defaultNamespace: 'n' };
const edit = (on: boolean) => ({ rule: 'DestinationRule n/b', type: 'circuit-breaking', on }) as const;
const rule = (spec: string) => `# mine
kind: DestinationRule
metadata: { name: b }
${spec}`;

interface Written {
  spec: { host: string; subsets?: unknown; trafficPolicy?: Record<string, unknown> };
}

describe.each([
  ['a rule without a policy', 'spec:\n  host: b # the service\n  subsets: []\n'],
  ['a rule in one line', 'spec: { host: b }\n'],
  [
    'a policy with something else',
    'spec:\n  trafficPolicy:\n    loadBalancer: { simple: RANDOM } # why\n  host: b\n',
  ],
  ['a policy in one line', 'spec:\n  host: b\n  trafficPolicy: { loadBalancer: { simple: RANDOM } }\n'],
])('%s', (_, spec) => {
  const before = rule(spec);

  it('gets bounds and outlier detection, and nothing else changes', () => {
    const after = parse(editRule(before, target, edit(true))) as Written;
    const { trafficPolicy: { connectionPool, outlierDetection, ...others } = {}, ...rest } = after.spec;
    const { trafficPolicy = {}, ...restBefore } = (parse(before) as Written).spec;
    expect({ connectionPool, outlierDetection }).toEqual({
      connectionPool: { tcp: { maxConnections: 2 }, http: { http1MaxPendingRequests: 2 } },
      outlierDetection: expect.objectContaining({ consecutive5xxErrors: 3 }),
    });
    expect([others, rest]).toEqual([trafficPolicy, restBefore]);
  });

  it('is what it was when they are taken out again', () => {
    const on = editRule(before, target, edit(true));
    expect(parse(editRule(on, target, edit(false)))).toEqual(parse(before));
    expect(editRule(before, target, edit(false))).toBe(before);
  });
});

it('bounds that somebody wrote are not replaced, and not taken out', () => {
  const own = rule(
    'spec:\n  host: b\n  trafficPolicy: { connectionPool: { tcp: { maxConnections: 100 } } }\n',
  );
  for (const on of [true, false])
    expect(() => editRule(own, target, edit(on))).toThrow(/has a connectionPool of its own/);
});

it('refuses a rule that is not there', () => {
  expect(() => editRule('kind: Service\n', target, edit(true))).toThrow(
    /DestinationRule n\/b is no longer there/,
  );
});
