/** What a person makes of a version's processes, to see what the mesh then does. */
import type { LaneVersion } from '../../lanes/lanes.ts';
import type { LocalLanes, Replica } from '../../local/local-lanes.ts';
import type { Control } from '../protocol.ts';
import { Refusal } from '../source.ts';

/** Misbehaviour of the stand-ins (services/kit/misbehavior.ts). 503 would be tried again elsewhere by the fallback. */
const misbehaviors: Partial<Record<Control, string>> = { slow: 'delay=2000', fail: 'status=500' };

export class Controls {
  readonly #local: LocalLanes;
  readonly #made = new Map<LaneVersion, Control>();

  constructor(local: LocalLanes) {
    this.#local = local;
  }

  of(version: LaneVersion): Control {
    return this.#made.get(version) ?? 'run';
  }

  /** What can be made of it: a program of one's own does not misbehave on demand, one of somebody else is not started here. */
  possible({ run, replicas }: LaneVersion): readonly Control[] {
    if (replicas === 0) return [];
    if (run.type === 'url') return ['run', 'unready'];
    return run.type === 'command' ? ['run', 'stop', 'unready'] : ['run', 'stop', 'unready', 'slow', 'fail'];
  }

  /** @throws Refusal */
  make(serviceName: string, versionName: string, control: Control): void {
    const replicas = this.#local.replicas.filter(
      ({ service, version }) => service.name === serviceName && version.name === versionName,
    );
    const version = replicas[0]?.version;
    if (!version) throw new Refusal(404, `No process of ${serviceName}/${versionName} runs here.`);
    if (!this.possible(version).includes(control))
      throw new Refusal(400, `${serviceName}/${versionName} cannot be made to do that.`);
    const before = this.of(version);
    this.#made.set(version, control);
    for (const replica of replicas) this.#makeOne(replica, before, control);
  }

  #makeOne(replica: Replica, before: Control, control: Control): void {
    const { process } = replica;
    this.#local.withhold(replica, control === 'unready');
    if (!('halt' in process)) return;
    if (control === 'stop') {
      process.halt();
      return;
    }
    const wrong = misbehaviors[control];
    const isAsItIs = wrong === undefined && misbehaviors[before] === undefined && before !== 'stop';
    if (isAsItIs) return;
    process.restart(
      wrong ? `to do wrong on purpose: ${wrong}` : 'as it was',
      wrong ? { MISBEHAVE: '1', MISBEHAVE_AS: wrong } : {},
    );
  }
}
