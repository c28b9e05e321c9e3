/** One cluster, by its context: the helm and kubectl that speak to it and to no other. */

import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandFailed, type Shell } from './shell.ts';

/** A path of this project as it is typed from where the command was given. */
export function projectPath(name: string): string {
  return relative('.', fileURLToPath(new URL(`../../${name}`, import.meta.url))) || '.';
}

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
   * `helm upgrade --install`. A release that a dead process left locked is set free first.
   * @throws CommandFailed
   */
  async upgrade(shell: Shell, release: HelmRelease): Promise<void> {
    const { name, namespace, chart, args } = release;
    const upgrade = ['upgrade', '--install', name, ...chart, '--namespace', namespace, ...args];
    try {
      await this.helm(shell, upgrade);
    } catch (error) {
      if (!(error instanceof CommandFailed && /another operation .* is in progress/.test(error.output)))
        throw error;
      await this.#unlock(shell, release);
      await this.helm(shell, upgrade);
    }
  }

  /** Back to the last revision that was deployed; away with a release that never was. */
  async #unlock(shell: Shell, { name, namespace }: HelmRelease): Promise<void> {
    shell.say(`${name} is locked by an operation that never ended`);
    const history = await shell.ask('helm', [
      ...['--kube-context', this.context, 'history', name, '--namespace', namespace, '--output', 'json'],
    ]);
    const revisions = JSON.parse(history ?? '[]') as { revision: number; status: string }[];
    const last = revisions.findLast(({ status }) => status === 'deployed' || status === 'superseded');
    await this.helm(
      shell,
      last
        ? ['rollback', name, String(last.revision), '--namespace', namespace]
        : ['uninstall', name, '--namespace', namespace],
    );
  }
}

export interface HelmRelease {
  name: string;
  namespace: string;
  /** A folder or file; or a chart's name, `--repo` and `--version`. */
  chart: readonly string[];
  args: readonly string[];
}
