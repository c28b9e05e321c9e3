import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRules } from '../../mesh/rules/load.ts';
import type { Edit } from '../protocol.ts';
import { editRule } from './edit-rule.ts';

const file = readFileSync('istio/service-b.yaml', 'utf8');
const target = { name: 'service-b', namespace: 'coloring', defaultNamespace: 'coloring' };
const rule = 'VirtualService coloring/service-b';

type Change = Edit extends infer One ? (One extends Edit ? Omit<One, 'rule'> : never) : never;
const edited = (change: Change, text = file) => editRule(text, target, { rule, ...change } as Edit);

/** Lines that are only in one of the two. */
function difference(after: string, before = file): string[] {
  const a = before.split('\n');
  const b = after.split('\n');
  return [
    ...a.filter((line) => !b.includes(line)).map((line) => `-${line.trim()}`),
    ...b.filter((line) => !a.includes(line)).map((line) => `+${line.trim()}`),
  ];
}

function routesAfter(text: string) {
  const loaded = parseRules([{ file: 'service-b.yaml', text }], { defaultNamespace: 'coloring' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.rules.virtualServices[0]?.http ?? [];
}

describe('editRule changes what it is about, and leaves every other line', () => {
  it('a target', () => {
    const after = edited({
      type: 'destinations',
      route: 1,
      destinations: [{ subset: 'release', weight: 100 }],
    });
    expect(difference(after)).toEqual([
      '-- name: service-b/release-v3',
      '-route: [{ destination: { host: service-b, subset: release-v3 } }]',
      // Named after its version, it would have the fallback of the one before.
      '+- name: service-b/release',
    ]);
    expect(routesAfter(after)[1]?.action).toMatchObject({
      destinations: [{ destination: { subset: 'release' } }],
    });
  });

  it('weights where there were none, and then only the numbers', () => {
    const split = edited({
      type: 'destinations',
      route: 2,
      destinations: [
        { subset: 'release', weight: 90 },
        { subset: 'release-v1', weight: 10 },
      ],
    });
    // The comment behind the route's name stays.
    expect(split).toContain('- name: service-b/release+release-v1 # no match: every other colour');
    expect(routesAfter(split)[2]?.action).toMatchObject({ destinations: [{ weight: 90 }, { weight: 10 }] });
    const again = edited(
      {
        type: 'destinations',
        route: 2,
        destinations: [
          { subset: 'release', weight: 50 },
          { subset: 'release-v1', weight: 50 },
        ],
      },
      split,
    );
    expect(again).toBe(split.replace('weight: 90', 'weight: 50').replace('weight: 10', 'weight: 50'));
  });

  it('a fault, and its end', () => {
    const late = edited({ type: 'fault', route: 0, delayMs: 1500, abortStatus: 503, percent: 50 });
    expect(difference(late)).toEqual([
      '+fault: { delay: { percentage: { value: 50 }, fixedDelay: 1.500s }, abort: { percentage: { value: 50 }, httpStatus: 503 } }',
    ]);
    expect(routesAfter(late)[0]?.fault).toMatchObject({
      delay: { fixedDelayMs: 1500, percent: 50 },
      abort: { httpStatus: 503 },
    });
    expect(edited({ type: 'no-fault', route: 0 }, late)).toBe(file);
  });

  it('a mirror, and its end', () => {
    const mirrored = edited({ type: 'mirror', route: 2, subset: 'release-v1', percent: 10 });
    expect(routesAfter(mirrored)[2]?.mirrors).toMatchObject([
      { destination: { subset: 'release-v1' }, percent: 10 },
    ]);
    expect(edited({ type: 'no-mirror', route: 2 }, mirrored)).toBe(file);
  });

  it('a route that goes, and comes back where it was', () => {
    const without = edited({ type: 'remove', route: 1 });
    expect(difference(without)).toEqual([
      '-- name: service-b/release-v3',
      '-match: [{ headers: { project-version: { exact: release-v3 } } }]',
      '-route: [{ destination: { host: service-b, subset: release-v3 } }]',
    ]);
    const color = { color: 'release-v3', subset: 'release-v3', host: 'service-b', header: 'project-version' };
    expect(edited({ type: 'add', route: 1, ...color }, without)).toBe(file);
  });

  it('the last route', () => {
    const after = edited({ type: 'remove', route: 2 });
    expect(routesAfter(after)).toHaveLength(2);
    expect(after.endsWith('\n')).toBe(true);
  });
});

it('a file in another hand stays in that hand', () => {
  const text = `# ours
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: service-b}   # no namespace
spec:
  hosts:
  - service-b
  http:
  # the canary
  - route:
    - destination:
        host: service-b
        subset: "v1"   # stable
      weight:   95
    - destination: {host: service-b, subset: v2}
      weight: 5
`;
  const destinations = [
    { subset: 'v1', weight: 80 },
    { subset: 'v2', weight: 20 },
  ];
  expect(edited({ type: 'destinations', route: 0, destinations }, text)).toBe(
    text.replace('weight:   95', 'weight:   80').replace('weight: 5', 'weight: 20'),
  );
  const late = edited({ type: 'fault', route: 0, delayMs: 2000, percent: 100 }, text);

  expect(late).toBe(`${text}    fault: { delay: { percentage: { value: 100 }, fixedDelay: 2s } }\n`);
  expect(edited({ type: 'no-fault', route: 0 }, late)).toBe(text);
  expect(routesAfter(late)[0]).toMatchObject({
    fault: { delay: { fixedDelayMs: 2000 } },
    action: { destinations: [{}, {}] },
  });
});

it('routes in one line', () => {
  const text = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: service-b, namespace: coloring }
spec: { hosts: [service-b], http: [{ fault: { delay: { fixedDelay: 1s } }, route: [{ destination: { host: service-b, subset: v1 } }] }] }
`;
  const without = edited({ type: 'no-fault', route: 0 }, text);
  expect(without).toContain('http: [{ route: [{');
  const mirrored = edited({ type: 'mirror', route: 0, subset: 'v2', percent: 5 }, without);
  expect(routesAfter(mirrored)[0]?.mirrors).toMatchObject([{ percent: 5 }]);
  expect(edited({ type: 'no-mirror', route: 0 }, mirrored)).toBe(without);
  expect(() => edited({ type: 'remove', route: 0 }, text)).toThrow(/by hand/);
});

it.each([
  [
    'a rule that is not there',
    () => editRule(file, { ...target, name: 'other' }, { rule, type: 'remove', route: 0 }),
    409,
  ],
  ['a route that is not there', () => edited({ type: 'remove', route: 9 }), 404],
])('refuses %s', (_, edit, status) => {
  expect(edit).toThrow(expect.objectContaining({ name: 'Refusal', status }));
});

it('names that YAML would read as something else are quoted', () => {
  const color = { color: '123', subset: 'no', host: 'service-b', header: 'project-version' };
  const after = edited({ type: 'add', route: 0, ...color });
  expect(routesAfter(after)[0]).toMatchObject({
    action: { destinations: [{ destination: { subset: 'no' } }] },
  });
  expect(after).toContain('exact: "123"');
});
