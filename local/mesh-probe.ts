/** One request of the table through the local mesh; who served it at each hop stands in the mesh's own log. */
import { randomUUID } from 'node:crypto';
import pWaitFor from 'p-wait-for';
import type { Lanes } from '../lanes/lanes.ts';
import { probe, type Question } from '../lanes/probe.ts';
import type { Answer } from '../lanes/trail.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { AccessLogEntry } from '../mesh/proxy/access-log.ts';
import { isEntrance, type LoggedHop } from '../trace/hop.ts';
import type { TracedRequest } from '../trace/join.ts';
import { requestsOf } from '../trace/requests.ts';
import { entryReader, type WhoListens } from './entry-hop.ts';
import { type Silent, servedHops } from './served-hops.ts';

/** A call that goes on after the answer, a stream say, is not waited for any longer. */
const settleMs = 2_000;

export class MeshProbe {
  readonly #lanes: Lanes;
  readonly #readEntry: ReturnType<typeof entryReader>;
  readonly #silent = new Map<string, Silent>();
  /** Undefined while no request of the table is under way. */
  #log: LoggedHop[] | undefined;
  readonly #traced: TracedRequest[] = [];

  constructor(lanes: Lanes, whoListens: WhoListens) {
    this.#lanes = lanes;
    this.#readEntry = entryReader(lanes, whoListens);
  }

  /** What the proxies of the mesh tell. */
  heard(entry: AccessLogEntry): void {
    this.#log?.push(this.#readEntry(entry));
  }

  /** Programs that called nobody, of all requests so far. */
  silent(): Silent[] {
    return [...this.#silent.values()];
  }

  /** All requests so far, as the proxies told of them. */
  traced(): readonly TracedRequest[] {
    return this.#traced;
  }

  /** Sends one request to the gateway; one at a time. Never rejects. */
  async ask(mesh: Mesh, question: Question, path: string): Promise<Answer> {
    const log: LoggedHop[] = [];
    this.#log = log;
    const userAgent = `coloring/${randomUUID()}`;
    const target = { url: mesh.gateway.url, path, header: this.#lanes.header, userAgent };
    const answer = await probe(target, question);
    const isOver = () =>
      log.some((hop) => isEntrance(hop) && hop.userAgent === userAgent) && mesh.stats().active === 0;
    await pWaitFor(isOver, { interval: 5, timeout: { milliseconds: settleMs, fallback: () => {} } });
    this.#log = undefined;
    const root = log.find((hop) => isEntrance(hop) && hop.userAgent === userAgent);
    const request = requestsOf(log, isEntrance).find(({ id }) => id === root?.requestId);
    if (!request) return { status: answer.status, body: answer.body };
    this.#traced.push(request);
    const { trail, failures, silent } = servedHops(this.#lanes, request);
    for (const one of silent) this.#silent.set(one.caller, one);
    return { status: answer.status, body: answer.body, trail, failures };
  }
}
