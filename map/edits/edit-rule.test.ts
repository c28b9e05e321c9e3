import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRules } from '../../mesh/rules/load.ts';
import type { Edit } from '../protocol.ts';
import { editRule, inOrder } from './edit-rule.ts';

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

/** A VirtualService of these routes, and what an edit makes of it, line by line. */
const ruleOf = (routes: string) =>
  `kind: VirtualService\nmetadata: { name: service-b }\nspec:\n  hosts: [service-b]\n  http:\n${routes}`;
const linesAfter = (change: Change, routes: string) =>
  edited(change, ruleOf(routes)).slice(ruleOf('').length).split('\n');

const twoRoutes = `    # about x
    - name: b/x
      route: [{ destination: { host: b, subset: x } }]
      # x ends here
    # about y,
    # in two lines
    - name: b/y
      route: [{ destination: { host: b, subset: y } }]
`;
const added = { type: 'add', color: 'c', header: 'h', host: 'b', subset: 'v' } as const;
const noFault = { type: 'no-fault', route: 0 } as const;
const late = { type: 'fault', route: 0, delayMs: 2000, percent: 100 } as const;
const lateText = 'fault: { delay: { percentage: { value: 100 }, fixedDelay: 2s } }';

describe('a comment stays with what it is about', () => {
  const lines = twoRoutes.split('\n');

  it('goes with the route below it', () => {
    expect(linesAfter({ type: 'remove', route: 0 }, twoRoutes)).toEqual(lines.slice(3));
    expect(linesAfter({ type: 'remove', route: 1 }, twoRoutes)).toEqual([...lines.slice(0, 4), '']);
  });

  it('is not parted from its route by one that is put before it', () => {
    const after = linesAfter({ ...added, route: 1 }, twoRoutes);
    expect(after.slice(0, 4)).toEqual(lines.slice(0, 4));
    expect(after[4]).toBe('    - name: b/v');
    expect(after.slice(7)).toEqual(lines.slice(4));
  });

  it('behind the first field of a route', () => {
    const routes = `    - ${lateText} # for a test
      # the name is what the fallback looks for
      name: b/x
`;
    expect(linesAfter(noFault, routes)).toEqual(['    -', ...routes.split('\n').slice(1)]);
  });

  it('in a route in flow style', () => {
    const routes = `    - { ${lateText}, # late
        # the name
        name: b/x # its end
      }
`;
    const after = linesAfter(noFault, routes);
    expect(after).toEqual(['    - { # late', ...routes.split('\n').slice(1)]);
    expect(linesAfter(late, after.join('\n'))).toEqual(
      after.join('\n').replace('b/x', `b/x, ${lateText}`).split('\n'),
    );
  });
});

it('a comma in a comment is none', () => {
  const routes = `    - { name: b/x, # x, y,
        ${lateText} # late, for a test
      }
`;
  expect(linesAfter(noFault, routes)).toEqual(routes.replace(lateText, '').split('\n'));
});

it('a file is read as kubectl reads it', () => {
  const entry =
    'kind: ServiceEntry\nmetadata: { name: e }\nspec: { hosts: [e.test], addresses: [2001:db8::], a: { b: fe80::} }\n---\n';
  const after = edited(late, entry + ruleOf(twoRoutes));
  expect(after).toBe(entry + edited(late, ruleOf(twoRoutes)));
});

it('a comma behind the last field may stay', () => {
  const plain = '    - { name: b/x, }\n';
  const faulty = `    - { name: b/x, ${lateText}, }\n`;
  expect(edited(late, ruleOf(plain))).toBe(ruleOf(faulty));
  expect(edited(noFault, ruleOf(faulty))).toBe(ruleOf(plain));
});

it('a dash on a line of its own belongs to its route', () => {
  const routes = `    - # x
      name: b/x
    -
      name: b/y
`;
  const lines = routes.split('\n');
  expect(linesAfter({ type: 'remove', route: 0 }, routes)).toEqual(lines.slice(2));
  expect(linesAfter({ type: 'remove', route: 1 }, routes)).toEqual([...lines.slice(0, 2), '']);
  expect(linesAfter({ ...added, route: 1 }, routes).slice(5)).toEqual(lines.slice(2));
});

it.each<Change>([
  late,
  { type: 'mirror', route: 0, subset: 'v', percent: 1 },
  { type: 'destinations', route: 0, destinations: [{ subset: 'v', weight: 100 }] },
  { type: 'remove', route: 0 },
  { ...added, route: 0 },
])('lines end as those of the file: %j', (change) => {
  const after = edited(change, ruleOf(twoRoutes));
  expect(edited(change, ruleOf(twoRoutes).replaceAll('\n', '\r\n'))).toBe(after.replaceAll('\n', '\r\n'));
});

describe('destinations', () => {
  const routes = `    - name: b
      route:
        - { destination: { host: b, subset: x }, headers: { request: { set: { k: v } } }, weight: 100 }
`;
  const half = [
    { subset: 'x', weight: 50 },
    { subset: 'y', weight: 50 },
  ];

  it('keep the headers of their own', () => {
    expect(linesAfter({ type: 'destinations', route: 0, destinations: half }, routes)[1]).toBe(
      '      route: [{ destination: { host: b, subset: x }, headers: { request: { set: { k: v } } }, weight: 50 }, { destination: { host: b, subset: "y" }, weight: 50 }]',
    );
  });

  it('of several hosts are not changed from here', () => {
    const other = `${routes}        - { destination: { host: c, subset: x }, weight: 0 }\n`;
    expect(() => linesAfter({ type: 'destinations', route: 0, destinations: half }, other)).toThrow(
      /several hosts/,
    );
  });
});

describe('what stands in one place and is used in another', () => {
  const routes = `    - name: b/x
      route: [{ destination: { host: b, subset: x }, weight: &w 60 }, { destination: { host: b, subset: y }, weight: 40 }]
    - name: b/y
      route: [{ destination: { host: b, subset: y }, weight: *w }, { destination: { host: b, subset: x }, weight: 40 }]
    - name: b/z
      route: &r [{ destination: { host: b, subset: z } }]
    - name: b/z2
      route: *r
    - <<: { ${lateText} }
      name: b/merged
`;
  const shares = (route: number, ...subsets: string[]): Change => ({
    type: 'destinations',
    route,
    destinations: subsets.map((subset, i) => ({ subset, weight: i === 0 ? 10 : 90 })),
  });

  it.each<[Change, RegExp]>([
    [shares(0, 'x', 'y'), /&w .*elsewhere/],
    [{ type: 'remove', route: 0 }, /&w .*elsewhere/],
    [shares(2, 'x', 'y'), /&r .*elsewhere/],
    [{ type: 'no-fault', route: 4 }, /edit the file/],
  ])('is not changed: %j', (change, message) => {
    expect(() => edited(change, ruleOf(routes))).toThrow(message);
  });

  it.each<[Change, string]>([
    [shares(1, 'y', 'x'), '      route: [{ destination: { host: b, subset: "y" }, weight: 10 }'],
    [shares(3, 'x', 'z'), '      route: [{ destination: { host: b, subset: x }, weight: 10 }'],
    [{ type: 'mirror', route: 3, subset: 'x', percent: 5 }, '      mirror: { host: b, subset: x }'],
  ])('is changed in the one that refers to it: %j', (change, line) => {
    expect(linesAfter(change, routes)).toContainEqual(expect.stringContaining(line));
  });
});

it('a route that leads to no version has none to copy, and a rule keeps its last route', () => {
  const routes = '    - redirect: { uri: / }\n';
  for (const change of [
    { type: 'mirror', route: 0, subset: 'v', percent: 1 },
    { type: 'destinations', route: 0, destinations: [{ subset: 'v', weight: 100 }] },
  ] as const)
    expect(() => edited(change, ruleOf(routes))).toThrow('This route leads to no version.');
  expect(() => edited({ type: 'remove', route: 0 }, ruleOf(routes))).toThrow(/only route/);
});

describe('the order of several edits', () => {
  const at = (route: number, change: object) => ({ rule, route, ...change }) as Edit;

  it('is such that each means the route that it names', () => {
    const edits = [at(0, { type: 'remove' }), at(0, added), at(0, late), at(1, { type: 'no-fault' })];
    expect(inOrder(edits).map(({ type }) => type)).toEqual(['no-fault', 'fault', 'remove', 'add']);
  });

  it('none is there twice', () => {
    const twice = [at(0, { type: 'remove' }), at(0, { type: 'remove' })];
    expect(() => inOrder(twice)).toThrow(expect.objectContaining({ status: 400 }));
  });
});

it('names that YAML would read as something else are quoted', () => {
  const color = { color: '123', subset: 'no', host: 'service-b', header: 'project-version' };
  const after = edited({ type: 'add', route: 0, ...color });
  expect(routesAfter(after)[0]).toMatchObject({
    action: { destinations: [{ destination: { subset: 'no' } }] },
  });
  expect(after).toContain('exact: "123"');
});
