/** How the processes of a version are, on this computer. */
import type { LaneService, LaneVersion } from '../../lanes/lanes.ts';
import type { Replica } from '../../local/local-lanes.ts';
import type { ProcessChange } from '../../local/version-process.ts';
import type { VersionState } from '../protocol.ts';
import type { Running } from '../view/lanes-view.ts';
import type { Controls } from './controls.ts';

/** @param states what each process did last */
export function runningHere(
  replicas: readonly Replica[],
  states: ReadonlyMap<Replica, ProcessChange['type']>,
  controls: Controls,
): (service: LaneService, version: LaneVersion) => Running {
  return (_, version) => {
    const own = replicas.filter((replica) => replica.version === version);
    const ready = own.filter(({ process, withheld }) => process.ready && version.ready && !withheld).length;
    const told = own.map((replica) => states.get(replica));
    return {
      ready,
      total: own.length,
      state: stateOf(ready, told),
      control: controls.of(version),
      controls: controls.possible(version),
    };
  };
}

function stateOf(ready: number, told: readonly (ProcessChange['type'] | undefined)[]): VersionState {
  if (ready > 0) return 'ready';
  if (told.length === 0 || told.every((type) => type === 'halted')) return 'stopped';
  if (told.some((type) => type === undefined || type === 'starting' || type === 'restarting'))
    return 'starting';
  return told.includes('died') ? 'dead' : 'unready';
}
