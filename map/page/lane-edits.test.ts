import { describe, expect, it } from 'vitest';
import type { Edit, RouteTableView, RouteView } from '../protocol.ts';
import { laneEdits } from './lane-edits.ts';

/** @param routes a colour, `*` for every request, or another condition */
function table(rule: string, ...routes: string[]): RouteTableView {
  return {
    ...{
      service: 'a',
      rule,
      place: `${rule}.yaml:1`,
      at: ['mesh'],
      hosts: ['*'],
      subsets: ['release', 'v1', 'v2'],
    },
    routes: routes.map(
      (name, index): RouteView => ({
        ...{
          index,
          place: `${rule}.yaml:${index + 2}`,
          matches: name === '*' ? [] : [[{ of: 'path', is: 'exact', value: name }]],
        },
        ...(/^v\d/.test(name) && { color: name }),
        destinations: [{ host: 'a', weight: 100 }],
      }),
    ),
  };
}

// In the order in which the files of istio/ are read.
const tables = [
  table('links', '/.lane/', '/.lane/v1'),
  table('gateway', 'v1', 'v2', '*'),
  table('mesh', '/health', 'v1', 'v2', '*'),
];

/** As the rules are without the routes that are removed. */
function without(edits: readonly Edit[], tables: readonly RouteTableView[]): RouteTableView[] {
  const isRemoved = (rule: string, index: number) =>
    edits.some((edit) => edit.type === 'remove' && edit.rule === rule && edit.route === index);
  return tables.map((table) => ({
    ...table,
    routes: table.routes
      .filter(({ index }) => !isRemoved(table.rule, index))
      .map((route, index) => ({ ...route, index })),
  }));
}

const places = (edits: readonly Edit[]) =>
  edits.map((edit) => `${edit.type} ${edit.rule} ${'route' in edit ? edit.route : ''}`);

describe('laneEdits', () => {
  it('puts in what it took out, and leaves links alone', () => {
    const off = laneEdits('a', 'v1', tables, 'color');
    expect(off.to).toBe('off');
    expect(places(off.edits)).toEqual(['remove gateway 0', 'remove mesh 1']);
    const on = laneEdits('a', 'v1', without(off.edits, tables), 'color');
    expect(on).toMatchObject({
      to: 'on',
      edits: [{ color: 'v1', header: 'color', host: 'a', subset: 'v1' }, {}],
    });
    expect(places(on.edits)).toEqual(['add gateway 0', 'add mesh 1']);
  });

  it('the first colour of a service stands before the default', () => {
    const plain = [tables[0] ?? table('links'), table('gateway', '*'), table('mesh', '/health', '*')];
    const { edits } = laneEdits('a', 'v1', plain, 'color');
    expect(places(edits)).toEqual(['add gateway 0', 'add mesh 1']);
  });

  it('where no rule has routes there is nothing to change', () => {
    expect(laneEdits('a', 'v1', [], 'color')).toEqual({ to: 'on', edits: [] });
  });
});
