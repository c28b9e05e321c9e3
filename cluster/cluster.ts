/** One cluster, by its context: the helm and kubectl that speak to it and to no other. */
import { projectFile } from '../runtime/project.ts';
import type { Shell } from './shell.ts';

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
   * Runs a script of pipeline/, where it stands how lanes and Helm releases come and go.
   * @param env the variables that its first lines say it reads
   * @throws CommandFailed
   */
  async script(
    shell: Shell,
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<void> {
    // What this process was given is not the script's.
    const none = { BRANCH: '', VERSION: '', QUIET: '', ROUTES_OPTIONS: '' };
    const all = { ...none, ...env, KUBE_CONTEXT: this.context };
    await shell.script(projectFile(`pipeline/${name}`), args, all);
  }
}
