/** Whether a program takes requests now. */
import { get } from 'node:http';
import { connect } from 'node:net';

/** As a kubelet's `failureThreshold`: a computer that is busy for a moment must not take a version out. */
const mostTimeOuts = 3;

/** What is known of one process, from one look to the next. */
export class Readiness {
  readonly #timeoutMs: number;
  #isReady = false;
  #timeOuts = 0;

  constructor(timeoutMs = 1_000) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Looks, and says whether it is ready. What refuses is not; what does not answer in time no longer is at the third time.
   * @param path that answers below 400 when it is ready; undefined: its port accepts connections
   */
  async look(host: string, port: number, path: string | undefined): Promise<boolean> {
    const seen = await (path === undefined
      ? accepts(host, port, this.#timeoutMs)
      : answers(host, port, path, this.#timeoutMs));
    this.#timeOuts = seen === undefined ? this.#timeOuts + 1 : 0;
    this.#isReady = seen ?? (this.#isReady && this.#timeOuts < mostTimeOuts);
    return this.#isReady;
  }
}

/** Undefined: no answer in time. */
function answers(host: string, port: number, path: string, timeout: number): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, agent: false, timeout }, (answer) => {
      answer.resume();
      resolve((answer.statusCode ?? 500) < 400);
    });
    request.once('timeout', () => {
      resolve(undefined);
      request.destroy();
    });
    request.once('error', () => resolve(false));
  });
}

/** As {@link answers}. */
function accepts(host: string, port: number, timeout: number): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout });
    const end = (accepted: boolean | undefined) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(undefined));
    socket.once('error', () => end(false));
  });
}
