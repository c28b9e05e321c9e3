/** Sends requests through the gateway, once or at a steady rate: browsers cannot set the colour's header themselves. */
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import type { SendingSettings } from './protocol.ts';
import { type Entrance, Refusal } from './source.ts';

const tickMs = 50;
const timeoutMs = 30_000;

export class Sender {
  readonly #entrance: () => Entrance;
  readonly #random: () => number;
  readonly #agent = new Agent({ connections: 50, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  #settings: SendingSettings | null = null;
  #running: AbortController | undefined;
  #inFlight = 0;

  constructor(entrance: () => Entrance, random: () => number = Math.random) {
    this.#entrance = entrance;
    this.#random = random;
  }

  get settings(): SendingSettings | null {
    return this.#settings;
  }

  /** Sends one request. @returns its status; 0 where no answer came. @throws Refusal where the gateway is not known */
  async once(color: string | null, method = 'GET', path = '/'): Promise<number> {
    const { gateway, header, host } = this.#entrance();
    if (gateway === undefined)
      throw new Refusal(409, 'Where the gateway answers is not known: start the map with --url.');
    this.#inFlight++;
    try {
      // Apart, so that no path can lead to another host.
      const { statusCode, body } = await this.#agent.request({
        origin: new URL(gateway).origin,
        path,
        method: method as Dispatcher.HttpMethod,
        headers: {
          accept: 'application/json',
          ...(host && { host }),
          ...(color !== null && { [header]: color }),
        },
      });
      await body.dump();
      return statusCode;
    } catch {
      return 0; // the map shows how it ended
    } finally {
      this.#inFlight--;
    }
  }

  /** Sends at this rate from now on; null: no more. */
  use(settings: SendingSettings | null): void {
    this.#settings = settings;
    this.#running?.abort();
    this.#running = undefined;
    if (settings === null || settings.rate === 0) return;
    this.#running = new AbortController();
    void this.#run(settings, this.#running.signal);
  }

  async close(): Promise<void> {
    this.use(null);
    await this.#agent.destroy();
  }

  async #run(settings: SendingSettings, signal: AbortSignal): Promise<void> {
    let last = performance.now();
    let due = 1;
    while (!signal.aborted) {
      const now = performance.now();
      // After a pause of this computer nothing is made up for: no more than a second's, and one where that is less.
      due = Math.min(due + (settings.rate * (now - last)) / 1_000, Math.max(1, settings.rate));
      last = now;
      for (; due >= 1; due--) {
        if (this.#inFlight >= settings.concurrency) continue;
        void this.once(this.#pick(settings), settings.method, settings.path).catch(() => this.use(null));
      }
      await wait(tickMs, undefined, { signal }).catch(() => {});
    }
  }

  #pick({ colors }: SendingSettings): string | null {
    const total = colors.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.#random() * total;
    for (const { color, weight } of colors) {
      left -= weight;
      if (left < 0) return color;
    }
    return colors[0]?.color ?? null;
  }
}
