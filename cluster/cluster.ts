/** One cluster, by its context: the helm and kubectl that speak to it and to no other. */

import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed, type Shell } from './shell.ts';

export class Cluster {
  readonly context: string;

  constructor(context: string) {
    this.context = context;
  }

  kubectl(shell: Shell, args: readonly string[], options?: { input?: string }): Promise<string> {
    return shell.run('kubectl', ['--context', this.context, ...args], options);
  }

  /** Undefined where the answer is an error. */
  askKubectl(shell: Shell, args: readonly string[]): Promise<string | undefined> {
    return shell.ask('kubectl', ['--context', this.context, ...args]);
  }

  /** As `askKubectl`, but not shown. */
  peekKubectl(shell: Shell, args: readonly string[]): Promise<string | undefined> {
    return shell.peek('kubectl', ['--context', this.context, ...args]);
  }

  /** What `kubectl get … -o json` says; undefined where it fails. */
  async get<T>(shell: Shell, args: readonly string[], { show = true } = {}): Promise<T | undefined> {
    const all = ['get', ...args, '-o', 'json'];
    const text = await (show ? this.askKubectl(shell, all) : this.peekKubectl(shell, all));
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  helm(shell: Shell, args: readonly string[]): Promise<string> {
    return shell.run('helm', ['--kube-context', this.context, ...args]);
  }

  /**
   * `helm upgrade --install`, once nobody else changes the release: see `#unlock`.
   * @throws CommandFailed
   */
  async upgrade(shell: Shell, release: HelmRelease): Promise<void> {
    const { name, namespace, chart, args } = release;
    const upgrade = ['upgrade', '--install', name, ...chart, '--namespace', namespace, ...args];
    for (;;) {
      try {
        await this.helm(shell, upgrade);
        return;
      } catch (error) {
        if (!(error instanceof CommandFailed && /another operation .* is in progress/.test(error.output)))
          throw error;
        await this.#unlock(shell, release);
      }
    }
  }

  /**
   * Resolves when no operation on the release is pending, by the rule of pipeline/unlock: a lock younger than
   * `lockSeconds` is somebody's at work and waited for; an older one is that of a dead process. The release then goes
   * back to the last revision that was deployed, or away if none was.
   */
  async #unlock(shell: Shell, { name, namespace }: HelmRelease): Promise<void> {
    const ofRelease = [name, '--namespace', namespace];
    const ask = ['--kube-context', this.context, 'history', ...ofRelease, '--output', 'json'];
    let told = false;
    for (;;) {
      const revisions = JSON.parse((await shell.peek('helm', ask)) ?? '[]') as Revision[];
      const latest = revisions.at(-1);
      if (!latest?.status.startsWith('pending-')) return;
      const age = Math.round((Date.now() - Date.parse(latest.updated)) / 1000);
      if (age >= lockSeconds) {
        shell.say(`${name} is locked since ${age} s by a process that died: repairing`);
        const last = revisions.findLast(({ status }) => status === 'deployed' || status === 'superseded');
        await this.helm(
          shell,
          last
            ? ['rollback', name, String(last.revision), '--namespace', namespace]
            : ['uninstall', ...ofRelease],
        );
        return;
      }
      if (!told) shell.say(`${name} is being changed since ${age} s by someone else: waiting`);
      told = true;
      await sleep(1_000, undefined, { signal: shell.signal });
    }
  }
}

/** A Helm operation that has not ended after so long never will: LOCK_SECONDS in .gitlab-ci.yml. */
export const lockSeconds = 300;

/** As `helm history` has it. */
interface Revision {
  revision: number;
  status: string;
  /** When the operation began. */
  updated: string;
}

export interface HelmRelease {
  name: string;
  namespace: string;
  /** A folder or file; or a chart's name, `--repo` and `--version`. */
  chart: readonly string[];
  args: readonly string[];
}
