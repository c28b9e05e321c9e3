import { describe, expect, it } from 'vitest';
import type { ServiceView } from '../protocol.ts';
import { arrangeGraph } from './arrange-graph.ts';
import { isBranching } from './columns.ts';
import { curveOf, pointOn } from './curves.ts';
import { type Layout, layoutOf } from './layout.ts';
import { compact, narrow, usual } from './measures.ts';

const measures = [
  {
    ...{ boxWidth: 100, boxHeight: 50, rowGap: 10, titleHeight: 30, columnGap: 100, margin: 10 },
    ...{ bandGap: 20, turn: 30, isCompact: false },
  },
];
const zoom = { least: 0.5, most: 2 };

function service(name: string, calls: string[], versions = 2): ServiceView {
  return {
    name,
    namespace: 'n',
    calls,
    entry: false,
    baseline: 'v0',
    versions: Array.from({ length: versions }, (_, i) => ({
      name: `v${i}`,
      ready: 1,
      total: 1,
      state: 'ready',
      control: 'run',
      controls: [],
      marks: [],
    })),
    routesToNothing: [],
  };
}

const xOf = (layout: ReturnType<typeof layoutOf>, name: string) =>
  layout.boxes.get(`${name}/v0`)?.x ?? Number.NaN;

describe('layoutOf', () => {
  it('a column for each step of the calls, a row for each version', () => {
    const layout = layoutOf(
      [service('a', ['b']), service('b', [])],
      { width: 900, height: 400 },
      measures,
      zoom,
    );
    expect([...layout.boxes.keys()]).toEqual(['gateway', 'a/v0', 'a/v1', 'b/v0', 'b/v1']);
    expect(layout.boxes.get('gateway')?.x).toBeLessThan(xOf(layout, 'a'));
    expect(xOf(layout, 'a')).toBeLessThan(xOf(layout, 'b'));
    expect(layout.boxes.get('a/v1')?.y).toBeGreaterThan(layout.boxes.get('a/v0')?.y ?? 0);
  });

  it('puts a service behind all that call it', () => {
    const services = [service('a', ['b', 'c']), service('b', ['c']), service('c', [])];
    const layout = layoutOf(services, { width: 900, height: 400 }, measures, zoom, arrangeGraph);
    expect(xOf(layout, 'c')).toBeGreaterThan(xOf(layout, 'b'));
  });

  it('puts services of one step below each other', () => {
    const layout = layoutOf(
      [service('a', ['b', 'c']), service('b', []), service('c', [])],
      { width: 900, height: 400 },
      measures,
      zoom,
      arrangeGraph,
    );
    expect(xOf(layout, 'b')).toBe(xOf(layout, 'c'));
    expect(layout.boxes.get('c/v0')?.y).not.toBe(layout.boxes.get('b/v0')?.y);
  });

  it.each([
    ['a projector', 1600, 900, 2],
    ['a phone', 360, 600, 0.5],
  ])('fills %s as far as it may be zoomed', (_, width, height, expected) => {
    const services = [service('a', ['b']), service('b', [])];
    const layout = layoutOf(services, { width, height }, measures, zoom);
    expect(layout.zoom).toBeLessThanOrEqual(expected === 2 ? 2 : 1);
    expect(layout.zoom).toBeGreaterThanOrEqual(expected === 2 ? 1.5 : 0.5);
    expect(layout.width).toBeGreaterThanOrEqual(width);
  });

  it('has no two boxes that overlap, and none outside, with 12 services and 60 versions', () => {
    const names = Array.from({ length: 12 }, (_, i) => `s${i}`);
    const services = names.map((name, i) => service(name, names.slice(i + 1, i + 3), 5));
    const { boxes, width, height } = layoutOf(
      services,
      { width: 900, height: 500 },
      measures,
      zoom,
      arrangeGraph,
    );
    const all = [...boxes.values()];
    expect(all).toHaveLength(61);
    for (const [i, a] of all.entries()) {
      expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height).toBe(true);
      for (const b of all.slice(i + 1)) {
        const apart =
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart).toBe(true);
      }
    }
  });
});

it.each([
  ['a chain', [service('a', ['b']), service('b', ['c']), service('c', [])], false],
  ['one service', [service('a', [])], false],
  ['one that calls two', [service('a', ['b', 'c']), service('b', []), service('c', [])], true],
  ['two that call one', [service('a', ['b']), service('c', ['b']), service('b', [])], true],
  ['two from outside', [service('a', []), service('b', [])], true],
])('%s: does it branch?', (_, services, expected) => {
  expect(isBranching(services)).toBe(expected);
});

it('ways of a graph do not cross where they need not', () => {
  // In the order of calls c and d stand the wrong way round.
  const services = [
    service('a', ['x', 'y']),
    service('x', ['c']),
    service('y', ['d']),
    service('d', []),
    service('c', []),
  ];
  const columns = arrangeGraph(services).map((column) => column.map(({ name }) => name));
  expect(columns.map((column) => [...column].sort())).toEqual([['a'], ['x', 'y'], ['c', 'd']]);
  expect(columns[1]?.indexOf('x')).toBe(columns[2]?.indexOf('c'));
});

describe('the styles of the page', () => {
  const limits = { least: 0.7, most: 1.6 };
  const chain = (count: number, versions: number) => {
    const names = Array.from({ length: count }, (_, i) => `s${i}`);
    return names.map((name, i) => service(name, names.slice(i + 1, i + 2), versions));
  };
  const rowsOf = (layout: Layout) => new Set(layout.titles.map(({ y }) => Math.round(y))).size;

  it.each([
    ['the demo on a laptop', 2, 3, { width: 874, height: 590 }, false, 1],
    ['the demo on a wide screen', 2, 3, { width: 1500, height: 850 }, false, 1],
    ['five services on a wide screen', 5, 4, { width: 1500, height: 850 }, true, 1],
    ['12 services and 60 versions on a laptop', 12, 5, { width: 874, height: 608 }, true, 3],
  ])('%s', (_, services, versions, space, isCompact, rows) => {
    const layout = layoutOf(chain(services, versions), space, [usual, compact], limits);
    expect([layout.isCompact, rowsOf(layout)]).toEqual([isCompact, rows]);
    expect(layout.width).toBeCloseTo(space.width);
    expect(layout.height).toBeCloseTo(space.height);
  });

  it('the demo on a phone goes down, not to the side', () => {
    const layout = layoutOf(chain(2, 3), { width: 344, height: 428 }, [narrow], { least: 0.95, most: 1 });
    expect([layout.width, rowsOf(layout)]).toEqual([344, 2]);
  });
});

describe('more columns than fit', () => {
  const names = Array.from({ length: 12 }, (_, i) => `s${i}`);
  const chain = names.map((name, i) => service(name, names.slice(i + 1, i + 2), 5));
  const space = { width: 1200, height: 1200 };
  const layout = layoutOf(chain, space, measures, zoom);
  const y = (name: string) => layout.boxes.get(`${name}/v0`)?.y ?? Number.NaN;

  it('go on below, the other way round, each near to the one before', () => {
    expect([layout.width, layout.height]).toEqual([1200, 1200]);
    expect(layout.boxes.get('s0/v0')?.faces).toBe(1);
    const turned = names.find((name) => layout.boxes.get(`${name}/v0`)?.faces === -1) ?? '';
    const before = names[names.indexOf(turned) - 1] ?? '';
    const after = names[names.indexOf(turned) + 1] ?? '';
    expect(y(turned)).toBeGreaterThan(y(before));
    expect(xOf(layout, turned)).toBe(xOf(layout, before));
    expect(xOf(layout, after)).toBeLessThan(xOf(layout, turned));
  });

  it('ways that turn stay inside', () => {
    for (const [i, name] of names.slice(1).entries()) {
      const curve = curveOf(layout, `s${i}/v0`, `${name}/v4`);
      if (!curve) throw new Error('no curve');
      for (let t = 0; t <= 1; t += 0.1) {
        expect(pointOn(curve, t).x).toBeGreaterThan(0);
        expect(pointOn(curve, t).x).toBeLessThan(layout.width);
      }
    }
  });
});

it('an edge begins at the right of its caller and ends at the left of its callee', () => {
  const layout = layoutOf([service('a', [])], { width: 900, height: 400 }, measures, zoom);
  const curve = curveOf(layout, 'gateway', 'a/v1');
  const gateway = layout.boxes.get('gateway');
  if (!curve || !gateway) throw new Error('no curve');
  expect(pointOn(curve, 0).x).toBeCloseTo(gateway.x + gateway.width);
  expect(pointOn(curve, 1).x).toBeCloseTo(xOf(layout, 'a'));
  expect(curveOf(layout, 'gateway', 'nobody')).toBe(undefined);
});
