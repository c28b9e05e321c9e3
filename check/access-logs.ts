/**
 * What Envoy wrote into its access log while a scene was up: status and response flags of each request. A proxy writes
 * its log about once a second, so a request of our own is sent behind all others: when its line is there, all are.
 */

import { randomUUID } from 'node:crypto';
import pWaitFor from 'p-wait-for';

/** A proxy whose log is read. */
export interface LoggingProxy {
  /** What it wrote in the last seconds, at least. */
  read(seconds: number): Promise<string>;
  /** Sends it a request with this path, which no rule of a scene answers. */
  mark(path: string): Promise<void>;
}

/** Longer than Envoy holds lines back, with room for a busy computer. */
const patienceMs = 10_000;

/** The log of one proxy from now on. */
export class AccessLog {
  readonly #proxy: LoggingProxy;
  readonly #begin: string;
  readonly #begunAt: number;

  private constructor(proxy: LoggingProxy, begin: string, begunAt: number) {
    this.#proxy = proxy;
    this.#begin = begin;
    this.#begunAt = begunAt;
  }

  static async begin(proxy: LoggingProxy): Promise<AccessLog> {
    const begin = `/${randomUUID()}`;
    const begunAt = performance.now(); // Before: the answer may be late.
    await proxy.mark(begin);
    return new AccessLog(proxy, begin, begunAt);
  }

  /**
   * `503 UF,URX` for each request in the order in which they ended; undefined where there is no log to be had.
   * @param isOwn whether a request is the check's own, by its authority
   */
  async outcomes(isOwn: (authority: string) => boolean): Promise<string[] | undefined> {
    const end = `/${randomUUID()}`;
    await this.#proxy.mark(end);
    const seen = async () => {
      const seconds = Math.ceil((performance.now() - this.#begunAt) / 1000) + 5;
      const text = await this.#proxy.read(seconds);
      const begin = text.indexOf(this.#begin);
      const isWhole = begin >= 0 && text.includes(end);
      return isWhole && pWaitFor.resolveWith(outcomesIn(text.slice(begin), isOwn));
    };
    const timeout = { milliseconds: patienceMs, fallback: () => undefined };
    return pWaitFor<string[] | undefined>(seen, { interval: 300, timeout });
  }
}

/** What proxies logged from now on, by their names, several of which may be the same. */
export async function beginLogs(
  proxies: readonly (readonly [name: string, proxy: LoggingProxy])[],
  isOwn: (authority: string) => boolean,
): Promise<() => Promise<Record<string, string[]> | undefined>> {
  const logs = await Promise.all(
    proxies.map(async ([name, proxy]) => [name, await AccessLog.begin(proxy)] as const),
  );
  return async () => {
    const byProxy: Record<string, string[]> = {};
    const read = await Promise.all(
      logs.map(async ([name, log]) => [name, await log.outcomes(isOwn)] as const),
    );
    for (const [name, outcomes] of read) {
      if (outcomes === undefined) return undefined;
      byProxy[name] = [...(byProxy[name] ?? []), ...outcomes];
    }
    return byProxy;
  };
}

/** Istio's default format: https://istio.io/latest/docs/tasks/observability/logs/access-log/ */
const line = /^\[[^\]]+\] "\S+ \S+ (\S+)" (\d+) (\S+) /;

function outcomesIn(text: string, isOwn: (authority: string) => boolean): string[] {
  return text.split('\n').flatMap((one) => {
    const [, protocol, status, flags = ''] = line.exec(one) ?? [];
    // Connections that are no HTTP have none.
    if (protocol === undefined || protocol === '-') return [];
    const authority = [...one.matchAll(/"([^"]*)"/g)].at(5)?.[1] ?? '';
    return isOwn(authority) ? [] : [outcomeOf(Number(status), flags === '-' ? [] : flags.split(','))];
  });
}

/** The same words for both engines. */
export function outcomeOf(status: number, flags: readonly string[]): string {
  return `${status} ${[...flags].sort().join(',') || '-'}`;
}

/** `URX,UF` of what {@link outcomeOf} has put together. */
export function flagsOf(outcome: string): string[] {
  const [, flags = '-'] = outcome.split(' ');
  return flags === '-' ? [] : flags.split(',');
}
