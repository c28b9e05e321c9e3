/**
 * A load that counts what goes wrong: requests at a steady rate over kept-alive connections, in turn in each colour,
 * and of every answer the status and, hop by hop, the version that served it.
 */
import { Agent, type Dispatcher, request } from 'undici';
import { readTrail } from '../../lanes/trail.ts';

/** Which versions may serve a request of this colour at this service. */
export type Allowed = (service: string, color: string) => readonly string[];

export interface LoadOptions {
  /** Where it goes, e.g. http://127.0.0.1:8080. */
  origin: string;
  /** Of the requests, where it is not that of the origin. */
  host?: string | undefined;
  /** Sent in turn; `-` is a request without the header. */
  colors: readonly string[];
  allowed: Allowed;
  requestsPerSecond: number;
  /** Open connections at most. */
  connections?: number;
}

export interface LoadReport {
  sent: number;
  seconds: number;
  /** Answers that were not 200, and requests without any, by what happened: `503 no healthy upstream`. */
  failed: ReadonlyMap<string, number>;
  /** Served by a version that may not serve this colour: `service-b release-v1 for release-v3`. */
  wrongLane: ReadonlyMap<string, number>;
  /** Answers of each version: `service-a release`. */
  servedBy: ReadonlyMap<string, number>;
  /** The longest that an answer took, in milliseconds. */
  slowestMs: number;
}

const tickMs = 10;

/** Starts the load; `stop` waits for what is under way and reports. */
export function startLoad(options: LoadOptions): { stop: () => Promise<LoadReport> } {
  const agent = new Agent({ connections: options.connections ?? 50, pipelining: 1 });
  const failed = new Map<string, number>();
  const wrongLane = new Map<string, number>();
  const servedBy = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const began = performance.now();
  let sent = 0;
  let slowestMs = 0;

  const one = async (color: string) => {
    const start = performance.now();
    try {
      const answer = await ask(agent, options, color);
      if (answer.status !== 200) count(failed, `${answer.status} ${answer.body.slice(0, 200)}`);
      else {
        const trail = readTrail(answer.body);
        if (!trail) count(failed, `200 without a trail: ${answer.body.slice(0, 200)}`);
        for (const hop of trail ?? []) {
          count(servedBy, `${hop.service} ${hop.version}`);
          if (!options.allowed(hop.service, color).includes(hop.version)) {
            count(wrongLane, `${hop.service} ${hop.version} for ${color}`);
          }
        }
      }
    } catch (error) {
      count(failed, error instanceof Error ? `${error.name} ${error.message}` : String(error));
    }
    slowestMs = Math.max(slowestMs, performance.now() - start);
  };

  // An open loop: the rate does not fall when answers are late, so a stall is seen in full.
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * options.requestsPerSecond);
    while (sent < due) {
      const running = one(options.colors[sent % options.colors.length] as string);
      sent += 1;
      underWay.add(running);
      running.finally(() => underWay.delete(running));
    }
  }, tickMs);

  return {
    stop: async () => {
      clearInterval(timer);
      const seconds = (performance.now() - began) / 1000;
      await Promise.all(underWay);
      await agent.close();
      return { sent, seconds, failed, wrongLane, servedBy, slowestMs };
    },
  };
}

async function ask(dispatcher: Dispatcher, { origin, host }: LoadOptions, color: string) {
  const headers: Record<string, string> = { accept: 'application/json', ...(host && { host }) };
  if (color !== '-') headers['project-version'] = color;
  const response = await request(origin, {
    dispatcher,
    headers,
    headersTimeout: 15_000,
    bodyTimeout: 15_000,
  });
  return { status: response.statusCode, body: await response.body.text() };
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** The sum of all counts. */
export function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, n) => sum + n, 0);
}
