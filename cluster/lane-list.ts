/** `lane list`: the lanes of a cluster as a table. */
import Table from 'cli-table3';
import type { Lanes } from '../lanes/lanes.ts';
import { lanePainter, styled } from '../lanes/paint.ts';
import { complaint, type LaneState } from './lane-state.ts';

export function renderLaneStates(lanes: Lanes, states: readonly LaneState[], now = new Date()): string {
  const paint = lanePainter(lanes);
  const table = new Table({
    head: ['service', 'version', 'ready', 'routed', 'age', 'image', ''],
    chars: Object.fromEntries(edges.map((edge) => [edge, ''])),
    style: { head: [], border: [], 'padding-left': 2, 'padding-right': 0 },
  });
  for (const state of states) {
    const { deployment } = state;
    table.push([
      state.service,
      paint(state.version),
      deployment ? `${deployment.ready}/${deployment.wanted}` : '-',
      routedAs(state),
      deployment ? age(now.getTime() - deployment.created.getTime()) : '-',
      styled('dim', runs(state)),
      styled('red', complaint(state) ?? ''),
    ]);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** What runs: an image, or somebody's computer. */
function runs({ deployment, local }: LaneState): string {
  if (local) return `local: ${local.by}`;
  return deployment?.image ?? '-';
}

function routedAs({ baseline, routed, meshOnly, target }: LaneState): string {
  if (baseline) return 'baseline';
  if (meshOnly) return 'in the mesh';
  return routed ? 'yes' : (target ?? 'no');
}

/** As kubectl writes it: the largest unit that fits. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

const edges = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
];
