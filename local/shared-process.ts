/** The stand-ins of one service, all their versions in one process (services/several.ts). */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Lanes, LaneVersion, StandIn } from '../lanes/model.ts';
import type { News, Order } from '../services/several.ts';
import { kitLaunch } from './launch.ts';
import type { Begin, Running, RunningListeners } from './running.ts';

/** So many have a process each where lanes.yaml says nothing of it; more take memory and time to start. */
const mostOfTheirOwn = 12;

/** Whether the stand-ins of a service share a process. */
export function sharesProcesses({ processes, services }: Lanes): boolean {
  if (processes !== undefined) return processes === 'shared';
  const standIns = services.flatMap(({ versions }) => versions.filter(({ run }) => run.type === 'stand-in'));
  return standIns.reduce((sum, { replicas }) => sum + replicas, 0) > mostOfTheirOwn;
}

/** What Node itself reads can only be said to a process. */
export function needsOwnProcess({ env }: LaneVersion): boolean {
  return Object.keys(env).some((name) => name.startsWith('NODE_'));
}

/** A process that does not heed its messages for so long beyond its time hangs. */
const hangingMs = 1_000;

/** The process, and its versions that have not ended. */
interface Host {
  child: ChildProcess;
  parts: Map<number, Part>;
  /** Resolves when it is gone. */
  closed: Promise<void>;
}

/** Started for the first of its versions, ended with the last. */
export class SharedProcess {
  #host: Host | undefined;
  #count = 0;

  /** Runs a version of this program in the process. */
  begin(program: StandIn): Begin {
    return (_launch, env, listeners) => {
      this.#host ??= this.#spawn(env);
      const part = new Part(this.#host, this.#count++, listeners);
      this.#host.parts.set(part.number, part);
      part.order({ start: part.number, program, env });
      return part;
    };
  }

  /** @param env of its first version; what is of one version alone is told with it */
  #spawn(env: Readonly<Record<string, string>>): Host {
    const launch = kitLaunch('services/several', {});
    const child = spawn(launch.command, launch.args, {
      env: Object.fromEntries(Object.entries(env).filter(([name]) => !/proxy/i.test(name))),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const parts: Host['parts'] = new Map();
    // What it writes itself, a crash say, is of all its versions: the first one tells it.
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        const [first] = parts.values();
        first?.listeners.onOutput(line);
      });
    }
    child.on('message', (news: News) => {
      const part = parts.get(news.of);
      if ('line' in news) part?.listeners.onOutput(news.line);
      else if ('listening' in news) part?.nowBegun();
      else {
        parts.delete(news.of);
        if (parts.size === 0) {
          this.#leave(child);
          // Not by disconnect(): a child that was left so never tells of its `close`.
          send(child, { leave: true });
        }
        part?.nowEnded(news.ended);
      }
    });
    const closed = new Promise<void>((resolve) => {
      const end = (reason: string) => {
        this.#leave(child);
        for (const part of parts.values()) part.nowEnded(reason);
        parts.clear();
        resolve();
      };
      child.once('error', (error) => end(error.message));
      child.once('close', (code, signal) => end(signal ?? `exit code ${code}`));
    });
    return { child, parts, closed };
  }

  /** Whoever comes next gets a new one. */
  #leave(child: ChildProcess): void {
    if (this.#host?.child === child) this.#host = undefined;
  }
}

/** One version in the process. */
class Part implements Running {
  readonly isShared = true;
  readonly number: number;
  readonly listeners: RunningListeners;
  readonly begun: Promise<void>;
  nowBegun: () => void = () => {};
  readonly #host: Host;
  readonly #gone: Promise<void>;
  #nowGone: () => void = () => {};
  #isAlive = true;

  constructor(host: Host, number: number, listeners: RunningListeners) {
    this.#host = host;
    this.number = number;
    this.listeners = listeners;
    this.begun = new Promise((resolve) => {
      this.nowBegun = resolve;
    });
    this.#gone = new Promise((resolve) => {
      this.#nowGone = resolve;
    });
  }

  get pid(): number | undefined {
    return this.#host.child.pid;
  }

  isAlive(): boolean {
    return this.#isAlive;
  }

  /** They are those that it was told, and its neighbours'. */
  async ports(): Promise<readonly number[]> {
    return [];
  }

  order(order: Order): void {
    send(this.#host.child, order);
  }

  /** @param reason as of {@link RunningListeners} */
  nowEnded(reason: string): void {
    this.#isAlive = false;
    this.nowBegun();
    this.#nowGone();
    this.listeners.onEnd(reason);
  }

  async end(graceMs: number): Promise<void> {
    if (!this.#isAlive) return;
    this.order({ stop: this.number });
    const late = setTimeout(() => this.order({ hangUp: this.number }), graceMs);
    const hanging = setTimeout(() => this.kill(), graceMs + hangingMs);
    await this.#gone;
    clearTimeout(late);
    clearTimeout(hanging);
    if (this.#host.parts.size === 0) await this.#host.closed;
  }

  /** With all others in the process. */
  kill(): void {
    this.#host.child.kill('SIGKILL');
  }
}

function send(child: ChildProcess, order: Order): void {
  // Where it is gone, its end has been told, or will be.
  child.send(order, () => {});
}
