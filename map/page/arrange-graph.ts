/** Columns of a graph that branches, by dagre: few ways cross, and callers are near to those whom they call. Pure. */
import { Graph, layout } from '@dagrejs/dagre';
import type { Arrange } from './columns.ts';

const gateway = ' gateway';

export const arrangeGraph: Arrange = (services) => {
  const graph = new Graph({}).setGraph({ rankdir: 'LR' }).setDefaultEdgeLabel(() => ({}));
  // All are as wide, so that those of one column have one x.
  graph.setNode(gateway, { width: 1, height: 1 });
  for (const { name, versions } of services) graph.setNode(name, { width: 1, height: 1 + versions.length });
  const called = new Set(services.flatMap(({ calls }) => calls));
  for (const { name, calls, entry } of services) {
    if (entry || !called.has(name)) graph.setEdge(gateway, name);
    for (const callee of calls) if (graph.hasNode(callee)) graph.setEdge(name, callee);
  }
  layout(graph);
  const at = (name: string) => graph.node(name) as { x: number; y: number };
  const columns = Map.groupBy(services, ({ name }) => at(name).x);
  return [...columns]
    .sort(([a], [b]) => a - b)
    .map(([, column]) => column.toSorted((a, b) => at(a.name).y - at(b.name).y));
};
