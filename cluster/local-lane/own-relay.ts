/** The relay of one run of the command: as any version it comes and goes in the dialect of its service, with a Job for its pod. */
import type { KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dialect } from '../../lanes/model.ts';
import { newSessionKey } from '../../relay/computer/index.ts';
import { Failure } from '../../runtime/failure.ts';
import { causeInNamespace } from '../cause.ts';
import { Cluster } from '../cluster.ts';
import { dialectOf } from '../dialect.ts';
import { installLane, uninstallLane } from '../lane-release.ts';
import { type LaneTarget, removeLane, variablesOf } from '../lane-steps.ts';
import { versionRelease } from '../release-names.ts';
import { type LocalValues, type VersionSettings, valuesOf } from '../releases.ts';
import type { Shell } from '../shell.ts';
import { callerOnly } from './caller-only.ts';
import type { LocalLaneOptions } from './options.ts';
import { isOwnRelay, type RelayName, relayPod } from './relay-pod.ts';
import { newSession } from './session.ts';

const lookMs = 200;

type OwnRelayOptions = Pick<LocalLaneOptions, 'isRouted' | 'target' | 'ttlSeconds'>;

export class OwnRelay {
  readonly #options: OwnRelayOptions;
  readonly #session = newSession();
  readonly #key = newSessionKey();
  #dialect: Promise<Dialect> | undefined;
  #isMade = false;

  constructor(options: OwnRelayOptions) {
    this.#options = options;
  }

  /** The version that the relay is. */
  get target(): LaneTarget {
    const { isRouted, target } = this.#options;
    return isRouted ? target : callerOnly(target);
  }

  get name(): RelayName {
    const { service, version } = this.target;
    const release = versionRelease(service.name, version);
    return { namespace: service.namespace, release, session: this.#session.id };
  }

  /** Whoever has it is obeyed. */
  get privateKey(): KeyObject {
    return this.#key.privateKey;
  }

  /** Something of it may be in the cluster. */
  get isMade(): boolean {
    return this.#isMade;
  }

  /** Makes the Job, or makes it anew. By the Gateway API its route comes with it. */
  async install(shell: Shell, image: string): Promise<void> {
    this.#isMade ||= !shell.dryRun;
    const cluster = this.#cluster(shell);
    const { isRouted } = this.#options;
    const settings: VersionSettings = { replicas: 1, env: {}, labels: {}, wait: false, local: this.#local };
    if (isRouted && (await this.#dialectOf(cluster)) === 'gateway') {
      await installLane(cluster, this.target, { ...settings, image });
      return;
    }
    const variables = variablesOf(this.target);
    if (isRouted) await cluster.script('gateway', [this.target.version], variables);
    await cluster.script('pods', valuesOf(settings), { ...variables, IMAGE: image });
  }

  /** Until its pod runs. @throws Failure that says why it does not */
  async untilRuns(shell: Shell): Promise<void> {
    if (shell.dryRun) return;
    const cluster = this.#cluster(shell);
    const { service, timeoutSeconds, version } = this.target;
    const until = performance.now() + timeoutSeconds * 1000;
    for (;;) {
      try {
        await relayPod(cluster, this.name);
        return;
      } catch (error) {
        if (performance.now() > until) {
          const selector = `app=${service.name},version=${version}`;
          const cause = await causeInNamespace(cluster, service.namespace, selector);
          throw new Failure([(error as Error).message, cause].join('\n'));
        }
        await sleep(lookMs, undefined, { signal: shell.signal });
      }
    }
  }

  /** Until Kubernetes has the pod for ready, and so every proxy will. */
  async untilReady(shell: Shell): Promise<void> {
    const cluster = this.#cluster(shell);
    const pod = shell.dryRun ? 'POD' : await relayPod(cluster, this.name);
    await cluster.kubectl([
      ...['wait', '--for=condition=Ready', `pod/${pod}`, '--namespace', this.name.namespace],
      `--timeout=${this.target.timeoutSeconds}s`,
    ]);
  }

  /**
   * `subset`: what every proxy has to know before a route leads there; nobody is led there by it. `routed`: the route. By the
   * Gateway API both are there already.
   */
  async lead(shell: Shell, state: 'subset' | 'routed'): Promise<void> {
    await this.#script(shell, 'routes', [state, this.target.version]);
  }

  /** Both, where they may be there still. */
  async leadAgain(shell: Shell): Promise<void> {
    await this.#script(shell, 'lead', []);
  }

  /** Whether that in the cluster is still of this run, and not of somebody who has the name by now. */
  async isThere(shell: Shell): Promise<boolean> {
    return this.#isMade && (await isOwnRelay(this.#cluster(shell), this.name));
  }

  /** The route, the subset, the pod: also what somebody else left behind by this name. */
  async takeAway(shell: Shell): Promise<void> {
    if (this.#options.isRouted) await removeLane(this.target).run(shell);
    else await uninstallLane(this.#cluster(shell), this.target);
  }

  async #script(shell: Shell, name: 'routes' | 'lead', args: readonly string[]): Promise<void> {
    const cluster = this.#cluster(shell);
    if ((await this.#dialectOf(cluster)) === 'gateway') return;
    await cluster.script(name, args, variablesOf(this.target));
  }

  #cluster(shell: Shell): Cluster {
    return new Cluster(this.target.context, shell);
  }

  /** Asked once. */
  #dialectOf(cluster: Cluster): Promise<Dialect> {
    const { lanes, service } = this.#options.target;
    this.#dialect ??= dialectOf(cluster, lanes, service);
    return this.#dialect;
  }

  get #local(): LocalValues {
    const { by, since, id } = this.#session;
    const { ttlSeconds } = this.#options;
    return { by, since, session: id, publicKey: this.#key.publicKey, ttlSeconds };
  }
}
