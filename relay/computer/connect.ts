/** The computer's side of a lane: holds a link to the relay, reconnects whenever it is cut, and says what state all is in. */
import type { KeyObject } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolvePath, type State } from '../stream/heartbeat.ts';
import { openTunnel } from '../stream/tunnel.ts';
import { type Link, openLink } from './link.ts';
import { LocalProgram, type ProcessState } from './local-program.ts';

export interface ComputerOptions {
  /** A new connection to the relay's stream port, by whatever leads there. */
  dial: (signal: AbortSignal) => Promise<Duplex>;
  privateKey: KeyObject;
  /** Where the program listens on this computer. */
  local: { host: string; port: number };
  /** Asked of the program with GET: 2xx and 3xx mean ready. Without it, ready means that the port takes connections. */
  readyPath?: string;
  /** How long an answer may take: of `readyPath` (unset: 1 s), else of any request (5 s). Infinity: for ever. */
  hangMs?: number;
  /** What the system says of the process. */
  processState?: () => ProcessState | Promise<ProcessState>;
  onState?: (state: ComputerState) => void;
  signal?: AbortSignal;
}

export interface ComputerState {
  /** Whether the link to the relay is up. */
  connected: boolean;
  /** Whether the relay takes requests for this computer: its own word. */
  ready: boolean;
  /** Why not. */
  why?: string;
}

export interface Computer {
  /** What `onState` was told last. */
  readonly state: ComputerState;
  /** A connection from the pod to a host of the cluster. @throws where there is none */
  openConnection: (host: string, port: number) => Promise<Duplex>;
  /** Whether the pod knows the name; undefined while it cannot be asked, or cannot tell. */
  resolves: (host: string) => Promise<boolean | undefined>;
  close: () => Promise<void>;
}

const firstBackoffMs = 100;
const longestBackoffMs = 2_000;
const linkWithinMs = 10_000;

/** Connects now, and again whenever the link is cut, until it is closed. */
export function connectComputer(options: ComputerOptions): Computer {
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  let link: Link | undefined;
  let state: ComputerState = { connected: false, ready: false, why: 'connecting' };
  const tell = (next: ComputerState) => {
    const changed =
      next.connected !== state.connected || next.ready !== state.ready || next.why !== state.why;
    state = next;
    if (changed) options.onState?.(next);
  };
  const program = new LocalProgram(
    {
      ...options.local,
      readyPath: options.readyPath,
      hangMs: options.hangMs,
      processState: options.processState,
    },
    () => link?.beat(),
  );

  const hold = async (): Promise<void> => {
    let backoff = firstBackoffMs;
    while (!signal.aborted) {
      let why: string;
      try {
        link = await openLink({
          dial: options.dial,
          privateKey: options.privateKey,
          signal,
          state: () => program.state,
          onRelayState: (relay: State) => tell({ connected: true, ...relay }),
          onStream: (stream) => program.accept(stream),
          withinMs: linkWithinMs,
        });
        backoff = firstBackoffMs;
        tell({ connected: true, ready: false, why: 'connected; the relay has not said that it is ready' });
        why = await link.ended;
      } catch (error) {
        why = (error as Error).message;
      }
      link = undefined;
      tell({ connected: false, ready: false, why });
      await sleep(backoff, undefined, { signal }).catch(() => {});
      backoff = Math.min(backoff * 2, longestBackoffMs);
    }
    program.close();
  };
  const held = hold();

  const up = (): Link => {
    if (!link) throw new Error(`there is no way to the cluster now: ${state.why}`);
    return link;
  };
  return {
    get state() {
      return state;
    },
    openConnection: async (host, port) => openTunnel(up().out, { host, port }),
    resolves: async (host) => link && asks(link, host),
    close: async () => {
      controller.abort();
      await held;
    },
  };
}

/** By the relay's status: whether it knows a name. */
const knows: ReadonlyMap<number | undefined, boolean> = new Map([
  [200, true],
  [404, false],
]);

function asks({ out }: Link, host: string): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    if (out.closed || out.destroyed) return resolve(undefined);
    const stream = out.request({ ':path': `${resolvePath}?host=${encodeURIComponent(host)}` });
    stream.on('error', () => {}); // `close` follows
    stream.on('response', ({ ':status': status }) => resolve(knows.get(status)));
    stream.on('close', () => resolve(undefined));
    stream.resume();
  });
}
