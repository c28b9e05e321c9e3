/** The program on this computer, as the lane sees it: whether it takes requests, and its carried connections. */
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { AnswerWatch } from '../stream/answer-watch.ts';
import type { State } from '../stream/heartbeat.ts';
import { abort } from '../stream/join.ts';
import { acceptTunnel } from '../stream/tunnel.ts';
import { Hang } from './hang.ts';
import { look, type Probe } from './probe.ts';

export type ProcessState = 'running' | 'stopped' | 'gone';

export interface LocalProgramOptions extends Probe {
  /** How long an answer may be awaited; Infinity: for ever. */
  hangMs?: number;
  /** What the system says of the process. */
  processState?: () => ProcessState | Promise<ProcessState>;
}

/** How often it is looked at. */
const lookMs = 250;
const defaultHangMs = 5_000;

export class LocalProgram {
  readonly #options: LocalProgramOptions;
  readonly #onChange: () => void;
  readonly #hang: Hang;
  /** Connections to a program that hangs, whose callers were sent elsewhere: the first to be answered shows that it is back. */
  readonly #witnesses = new Set<Socket>();
  #state: State = { ready: false, why: 'it has not been looked at yet' };
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param onChange called when `state` is another one */
  constructor(options: LocalProgramOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
    const { readyPath, hangMs = defaultHangMs } = options;
    this.#hang = new Hang(readyPath === undefined ? hangMs : Number.POSITIVE_INFINITY);
    void this.#look();
  }

  get state(): State {
    return this.#state;
  }

  /** Carries a connection of the mesh to the program. */
  accept(stream: ServerHttp2Stream): void {
    const { host, port } = this.#options;
    const watch = new AnswerWatch();
    const socket = acceptTunnel(
      stream,
      { host, port },
      {
        fromOne: (bytes) => {
          watch.asked(bytes);
          this.#hang.asked(watch);
        },
        fromOther: (bytes) => {
          watch.answered(bytes);
          this.#hang.answered(watch);
          for (const witness of this.#witnesses) abort(witness);
        },
        breakOff: (end) => {
          if (end !== socket || !this.#hang.hangs || !watch.awaits) return abort(end);
          this.#witnesses.add(socket);
        },
      },
    );
    socket.once('close', () => {
      this.#witnesses.delete(socket);
      this.#hang.closed(watch);
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const witness of this.#witnesses) abort(witness);
  }

  async #look(): Promise<void> {
    const now = await this.#lookOnce();
    if (this.#closed) return;
    const changed = now.ready !== this.#state.ready || now.why !== this.#state.why;
    this.#state = now;
    if (changed) this.#onChange();
    this.#timer = setTimeout(() => void this.#look(), lookMs);
  }

  async #lookOnce(): Promise<State> {
    const state = (await this.#options.processState?.()) ?? 'running';
    if (state === 'stopped') return { ready: false, why: 'the process is stopped (SIGSTOP)' };
    if (state === 'gone') return { ready: false, why: 'the process has ended' };
    const seen = await look(this.#options);
    if (seen.ready && this.#hang.hangs) return { ready: false, why: this.#hangWords };
    return seen;
  }

  get #hangWords(): string {
    return `the program has answered nobody for ${(this.#options.hangMs ?? defaultHangMs) / 1000} s`;
  }
}
