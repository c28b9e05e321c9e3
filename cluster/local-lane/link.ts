/** What holds this computer and its relay together: the way there, the process's calls into the cluster, and a new relay where one has ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Computer,
  type ComputerOptions,
  type ComputerState,
  clusterHosts,
  connectComputer,
  type Forward,
  type HttpProxy,
  type RunningForward,
  startForward,
  startHttpProxy,
  streamPort,
} from '../../relay/computer/index.ts';
import { Failure } from '../../runtime/failure.ts';
import { describeSystemError } from '../../runtime/system-error.ts';
import type { Cluster } from '../cluster.ts';
import { PortForward } from '../port-forward.ts';
import { RelayEnded, type RelayName, RelayTaken, relayPod } from './relay-pod.ts';

/** Who takes a release away deletes its objects one after the other. */
const sureMs = 2_000;
const lookMs = 50;

export interface LinkOptions extends Omit<ComputerOptions, 'dial' | 'signal'> {
  cluster: Cluster;
  relay: RelayName;
  /** Makes the relay anew, where it has ended without its computer: after a long sleep, say. */
  restore: () => Promise<void>;
  /** The release was taken away by somebody. */
  onTaken: () => void;
}

export interface OutwardOptions {
  forwards: readonly Forward[];
  /** Every host is reached from the cluster. */
  proxyAll: boolean;
  /** A connection failed. */
  onFailure: (why: string) => void;
}

/** Connected, or on the way to be, from its making until `close`. */
export class Link {
  readonly #options: LinkOptions;
  readonly #forward: PortForward;
  readonly #computer: Computer;
  #proxy: HttpProxy | undefined;
  readonly #forwards: RunningForward[] = [];
  #restoring: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { cluster, relay, restore, onTaken, ...computer } = options;
    this.#forward = new PortForward(cluster, {
      namespace: relay.namespace,
      port: streamPort,
      pod: () => this.#pod(),
    });
    this.#computer = connectComputer({ ...computer, dial: (signal) => this.#forward.dial(signal) });
  }

  /** @throws Failure with the reason that was told last */
  async until(
    holds: (state: ComputerState) => boolean,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): Promise<void> {
    const until = performance.now() + timeoutSeconds * 1000;
    while (!holds(this.#computer.state)) {
      if (performance.now() > until) {
        throw new Failure(`Not within ${timeoutSeconds} s: ${this.#computer.state.why ?? 'not ready'}.`);
      }
      await sleep(lookMs, undefined, { signal });
    }
  }

  /**
   * Opens the ways into the cluster. @returns the address for HTTP_PROXY
   * @throws Failure where a port is taken
   */
  async openOutward({ forwards, proxyAll, onFailure }: OutwardOptions): Promise<string> {
    const { openConnection, resolves } = this.#computer;
    for (const forward of forwards) {
      try {
        this.#forwards.push(await startForward(forward, openConnection, onFailure));
      } catch (error) {
        const { host, port } = forward.target;
        throw new Failure(
          `--forward ${host}:${port}: ${describeSystemError(error) ?? (error as Error).message}. Another port of this computer: --forward LOCAL:${host}:${port}`,
          2,
        );
      }
    }
    this.#proxy = await startHttpProxy({ openConnection, isOfCluster: clusterHosts({ resolves, proxyAll }) });
    return this.#proxy.url;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const forward of this.#forwards) await forward.close();
    await this.#proxy?.close();
    await this.#computer.close();
    this.#forward.close();
  }

  /** At once. */
  kill(): void {
    this.#forward.close();
  }

  async #pod(): Promise<string> {
    const { cluster, relay, onTaken } = this.#options;
    for (const isSure of [false, true]) {
      try {
        return await relayPod(cluster, relay);
      } catch (error) {
        if (error instanceof RelayTaken) onTaken();
        if (!(error instanceof RelayEnded) || this.#isClosed) throw error;
      }
      if (isSure) await this.#restored();
      else await sleep(sureMs);
    }
    return relayPod(cluster, relay);
  }

  /** It takes longer than a link is waited for: the next one waits for the same. */
  #restored(): Promise<void> {
    this.#restoring ??= this.#options.restore().finally(() => {
      this.#restoring = undefined;
    });
    return this.#restoring;
  }
}
