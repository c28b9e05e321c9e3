/** One look at a program from outside: does it take connections, and answer where it says whether it is ready. */
import { get } from 'node:http';
import { connect } from 'node:net';
import type { State } from '../stream/heartbeat.ts';

export interface Probe {
  host: string;
  port: number;
  /** Asked with GET, where given. */
  readyPath?: string;
  hangMs?: number;
}

const acceptWithinMs = 1_000;
const readyWithinMs = 1_000;
/** Whoever wants to wait for ever still learns whether the port is there. */
const longestWaitMs = 2 ** 31 - 1;

/** Never throws: what is wrong is in the state. */
export function look(probe: Probe): Promise<State> {
  return probe.readyPath === undefined ? accepts(probe) : answers(probe, probe.readyPath);
}

function accepts({ host, port }: Probe): Promise<State> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: acceptWithinMs });
    const done = (state: State) => {
      resolve(state);
      socket.destroy();
    };
    socket.once('connect', () => done({ ready: true }));
    socket.once('timeout', () => done({ ready: false, why: `${host}:${port} takes no connections` }));
    socket.on('error', () => done({ ready: false, why: `nothing listens on ${host}:${port}` }));
  });
}

function answers({ host, port, hangMs = readyWithinMs }: Probe, path: string): Promise<State> {
  return new Promise((resolve) => {
    const no = (why: string) => resolve({ ready: false, why: `GET ${path}: ${why}` });
    const timeout = Math.min(hangMs, longestWaitMs);
    const request = get({ host, port, path, agent: false, timeout }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 400) resolve({ ready: true });
      else no(String(status));
    });
    request.on('timeout', () => {
      no(`no answer within ${timeout / 1000} s`);
      request.destroy();
    });
    request.on('error', (error: NodeJS.ErrnoException) =>
      no(error.code === 'ECONNREFUSED' ? `nothing listens on ${host}:${port}` : error.message),
    );
  });
}
