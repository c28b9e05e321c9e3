/** One request of the table through the local mesh; who served it at each hop stands in the mesh's own log. */
import { randomUUID } from 'node:crypto';
import pWaitFor from 'p-wait-for';
import type { Lanes } from '../lanes/lanes.ts';
import { probe, type Question } from '../lanes/probe.ts';
import type { Answer } from '../lanes/trail.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { AccessLogEntry } from '../mesh/proxy/access-log.ts';
import { type Silent, servedHops, type WhoListens } from './served-hops.ts';

/** A call that goes on after the answer, a stream say, is not waited for any longer. */
const settleMs = 2_000;

export class MeshProbe {
  readonly #lanes: Lanes;
  readonly #whoListens: WhoListens;
  readonly #silent = new Map<string, Silent>();
  /** Undefined while no request of the table is under way. */
  #log: AccessLogEntry[] | undefined;

  constructor(lanes: Lanes, whoListens: WhoListens) {
    this.#lanes = lanes;
    this.#whoListens = whoListens;
  }

  /** What the proxies of the mesh tell. */
  heard(entry: AccessLogEntry): void {
    this.#log?.push(entry);
  }

  /** Programs that called nobody, of all requests so far. */
  silent(): Silent[] {
    return [...this.#silent.values()];
  }

  /** Sends one request to the gateway; one at a time. Never rejects. */
  async ask(mesh: Mesh, question: Question, path: string): Promise<Answer> {
    const log: AccessLogEntry[] = [];
    this.#log = log;
    const userAgent = `coloring/${randomUUID()}`;
    const target = { url: mesh.gateway.url, path, header: this.#lanes.header, userAgent };
    const answer = await probe(target, question);
    const isOver = () => log.some((entry) => entry.userAgent === userAgent) && mesh.stats().active === 0;
    await pWaitFor(isOver, { interval: 5, timeout: { milliseconds: settleMs, fallback: () => {} } });
    this.#log = undefined;
    const root = log.find((entry) => entry.proxy === 'gateway' && entry.userAgent === userAgent);
    if (!root) return { status: answer.status, body: answer.body };
    const { trail, failures, silent } = servedHops(this.#lanes, log, root, this.#whoListens);
    for (const one of silent) this.#silent.set(one.caller, one);
    return { status: answer.status, body: answer.body, trail, failures };
  }
}
