/** `npx coloring lane local` as a person runs it: the command, the process that it starts, what it said. */
import { readdirSync, readFileSync } from 'node:fs';
import { execa, type ResultPromise } from 'execa';
import getPort from 'get-port';
import pWaitFor from 'p-wait-for';
import { probe } from '../../../lanes/probe.ts';
import type { Answer } from '../../../lanes/trail.ts';
import type { TestCluster } from '../test-cluster.ts';

const timeoutMs = 180_000;

export interface LocalLaneOptions {
  service: string;
  version: string;
  /** Of the command, before `--`. */
  options?: readonly string[];
  /** What it starts; default: the service of this kit. */
  program?: readonly string[];
  kubeconfig?: string;
}

export class LocalLane {
  readonly service: string;
  readonly version: string;
  readonly command: ResultPromise<{ reject: false; all: true }>;
  readonly #test: TestCluster;
  readonly #program: readonly string[];
  /** What it and its program have said so far. */
  said = '';

  static async start(test: TestCluster, options: LocalLaneOptions): Promise<LocalLane> {
    return new LocalLane(test, options, await getPort());
  }

  private constructor(
    test: TestCluster,
    { service, version, options = [], program, kubeconfig }: LocalLaneOptions,
    port: number,
  ) {
    this.#test = test;
    this.service = service;
    this.version = version;
    this.#program = program ?? ['node', `services/${service}/main.ts`];
    const args = [
      ...['cli/coloring.mjs', 'lane', 'local', service, '--version', version],
      ...['--context', test.cluster.context, '--lanes', test.lanes.file, '--port', String(port)],
      ...options,
      ...['--', ...this.#program],
    ];
    this.command = execa(process.execPath, args, {
      all: true,
      reject: false,
      forceKillAfterDelay: false,
      env: { ...(kubeconfig && { KUBECONFIG: kubeconfig }) },
      cancelSignal: test.shell.signal,
    });
    this.command.all.on('data', (chunk) => {
      this.said += chunk;
    });
  }

  /** Until it answers its colour at the gateway. */
  serves(): Promise<void> {
    return this.answers(
      ({ trail }) =>
        trail?.some((hop) => hop.service === this.service && hop.version === this.version) ?? false,
    );
  }

  /** Until what the gateway answers in its colour is this; an Error with what it said, when it ends before. */
  async answers(wanted: (answer: Answer) => boolean): Promise<void> {
    let ended: string | undefined;
    this.command.then(({ all, exitCode }) => {
      ended = `lane local ended with ${exitCode}:\n${all}`;
    });
    const target = { url: this.#test.url, header: this.#test.lanes.header };
    const answers = async () => {
      if (ended !== undefined) throw new Error(ended);
      return wanted(await probe(target, { color: this.version, host: this.#test.host }));
    };
    const timeout = {
      milliseconds: timeoutMs,
      message: `${this.service} ${this.version} does not answer its colour`,
    };
    await pWaitFor(answers, { interval: 100, timeout, signal: this.#test.shell.signal });
  }

  /** Until it or its program has said this. @returns what matched */
  async says(wanted: RegExp): Promise<string> {
    const found = () => wanted.exec(this.said)?.[0];
    const timeout = {
      milliseconds: timeoutMs,
      message: `not said: ${wanted}`,
    };
    await pWaitFor(() => found() !== undefined, { interval: 100, timeout, signal: this.#test.shell.signal });
    return found() ?? '';
  }

  get pid(): number {
    const { pid } = this.command;
    if (pid === undefined) throw new Error('lane local was not started');
    return pid;
  }

  /** Of the program that it runs: the newest of its descendants with this command line. */
  programPid(): number {
    const found = this.#descendants((line) => line.join(' ').endsWith(this.#program.slice(1).join(' ')));
    if (found === undefined) throw new Error(`${this.#program.join(' ')} does not run`);
    return found;
  }

  /** Of kubectl, by which the stream goes. */
  portForwardPid(): number {
    const found = this.#descendants((line) => line.includes('port-forward'));
    if (found === undefined) throw new Error('no kubectl port-forward runs');
    return found;
  }

  #descendants(wanted: (commandLine: readonly string[]) => boolean): number | undefined {
    return processes()
      .filter(({ pid, commandLine }) => pid !== this.pid && wanted(commandLine) && this.#isMine(pid))
      .map(({ pid }) => pid)
      .at(-1);
  }

  #isMine(pid: number): boolean {
    const parents = new Map(processes().map((one) => [one.pid, one.parent]));
    let at: number | undefined = pid;
    while (at !== undefined && at > 1) {
      if (at === this.pid) return true;
      at = parents.get(at);
    }
    return false;
  }

  /** Ctrl-C, and until it has taken the lane away. @returns its exit code */
  async interrupt(): Promise<number | undefined> {
    this.command.kill('SIGINT');
    return (await this.command).exitCode;
  }
}

interface Process {
  pid: number;
  parent: number;
  commandLine: readonly string[];
}

/** All processes of this computer, as Linux has them in /proc. */
function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [, rest = ''] = readFileSync(`/proc/${name}/stat`, 'utf8').split(/\) (?=\S )/);
        const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').filter(Boolean);
        return [{ pid: Number(name), parent: Number(rest.split(' ')[1]), commandLine }];
      } catch {
        return []; // it has ended
      }
    })
    .sort((one, other) => one.pid - other.pid);
}

/** Asks again and again in one colour, and remembers who answered when. */
export class AnswerWatch {
  readonly #answers: { asked: number; version: string }[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(test: TestCluster, { service, version }: Pick<LocalLane, 'service' | 'version'>) {
    const everyMs = 25;
    const ask = async () => {
      const asked = performance.now();
      const { trail } = await probe(
        { url: test.url, header: test.lanes.header },
        { color: version, host: test.host },
      );
      const hop = trail?.find((one) => one.service === service);
      if (hop) this.#answers.push({ asked, version: hop.version });
    };
    this.#timer = setInterval(ask, everyMs);
  }

  /** @returns milliseconds from `since` until a request was sent that this version answered */
  async firstBy(version: string, since: number): Promise<number> {
    const first = () => this.#answers.find((one) => one.asked >= since && one.version === version);
    const message = `no answer of ${version}`;
    await pWaitFor(() => first() !== undefined, {
      interval: 10,
      timeout: { milliseconds: timeoutMs, message },
    });
    return Math.round((first()?.asked ?? since) - since);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
