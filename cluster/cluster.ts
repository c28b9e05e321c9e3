/** One cluster, by its context: the helm and kubectl that speak to it and to no other, run and shown by a shell. */
import { Failure } from '../runtime/failure.ts';
import { projectFile } from '../runtime/project.ts';
import type { Refusal } from './objects.ts';
import { CommandFailed, type Shell } from './shell.ts';

export class Cluster {
  readonly context: string;
  readonly #shell: Shell;

  constructor(context: string, shell: Shell) {
    this.context = context;
    this.#shell = shell;
  }

  /** Commands are shown, and none run. */
  get dryRun(): boolean {
    return this.#shell.dryRun;
  }

  /** The same, saying its lines elsewhere. */
  saying(say: (line: string) => void): Cluster {
    return new Cluster(this.context, this.#shell.saying(say));
  }

  say(line: string): void {
    this.#shell.say(line);
  }

  kubectl(args: readonly string[], options?: { input?: string }): Promise<string> {
    return this.#shell.run('kubectl', ['--context', this.context, ...args], options);
  }

  /** Undefined where the answer is an error. */
  askKubectl(args: readonly string[]): Promise<string | undefined> {
    return this.#shell.ask('kubectl', ['--context', this.context, ...args]);
  }

  /** As `askKubectl`, but not shown. */
  peekKubectl(args: readonly string[]): Promise<string | undefined> {
    return this.#shell.peek('kubectl', ['--context', this.context, ...args]);
  }

  /** All that kubectl knows on this computer; undefined where it does not say. */
  async contexts(): Promise<string[] | undefined> {
    const names = await this.#shell.peek('kubectl', ['config', 'get-contexts', '--output', 'name']);
    return names?.split('\n').filter((name) => name !== '');
  }

  /** What `kubectl get … -o json` says; undefined where it fails. */
  async get<T>(args: readonly string[], { show = true } = {}): Promise<T | undefined> {
    const all = ['get', ...args, '-o', 'json'];
    const text = await (show ? this.askKubectl(all) : this.peekKubectl(all));
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  /**
   * What the API server answers to GET of this path.
   * @throws Failure where it does not answer
   */
  async raw(path: string): Promise<string | Refusal> {
    try {
      return await this.kubectl(['get', '--raw', path]);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      const [, reason, message = ''] = /Error from server \((\w+)\): (.*)/.exec(error.output) ?? [];
      if (reason === 'Forbidden' || reason === 'NotFound') return { reason, message };
      throw new Failure(
        `kubectl --context ${this.context} get --raw ${path}: ${error.output.trim().split('\n').at(-1) ?? 'failed'}`,
        2,
      );
    }
  }

  helm(args: readonly string[], options?: { input?: string }): Promise<string> {
    return this.#shell.run('helm', ['--kube-context', this.context, ...args], options);
  }

  /** Undefined where the answer is an error. */
  askHelm(args: readonly string[]): Promise<string | undefined> {
    return this.#shell.ask('helm', ['--kube-context', this.context, ...args]);
  }

  /**
   * Runs a script of pipeline/, where it stands how lanes and Helm releases come and go.
   * @param env the variables that its first lines say it reads
   * @throws CommandFailed
   */
  async script(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
    // What this process was given is not the script's.
    const none = { BRANCH: '', VERSION: '', QUIET: '', ROUTES_OPTIONS: '', GATEWAY_PART: '' };
    const all = { ...none, ...env, KUBE_CONTEXT: this.context };
    await this.#shell.script(projectFile(`pipeline/${name}`), args, all);
  }
}
