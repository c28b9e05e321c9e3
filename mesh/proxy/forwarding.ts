/** What goes to the upstream and comes back: heads, bodies, copies; Envoy's router filter with tries.ts. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ForwardDecision } from '../routing/decision.ts';
import type { ResponseFlag } from './access-log.ts';
import type { ClientRequest } from './client.ts';
import { Deadlines } from './deadlines.ts';
import { hashKey } from './hash-key.ts';
import { changeHeaders, type HeaderLines, removeHopByHop, setLine } from './headers.ts';
import * as replies from './local-reply.ts';
import { hopsHeader, type IsProxy, nextHop } from './loop.ts';
import { sendMirror } from './mirror.ts';
import type { Outcome } from './outcome.ts';
import { RequestBody } from './request-body.ts';
import { clientAddress, type Incoming, proxyAddress } from './request-lines.ts';
import type { ResponseHead } from './response-head.ts';
import type { Reset } from './retry.ts';
import type { RoutePlan } from './route-plan.ts';
import { Tries, type TriesHandler } from './tries.ts';
import type { Host } from './upstream/host.ts';
import type { UpstreamRequest } from './upstream/http2-try.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { Upstreams } from './upstream/upstreams.ts';
import { toWire } from './wire.ts';

/** What a proxy gives to whoever forwards its requests. */
export interface UpstreamSide {
  readonly upstreams: Upstreams;
  readonly random: () => number;
  readonly isProxy: IsProxy;
}

/** The client's side of the request, as far as the upstream's side needs it. */
export interface Downstream {
  readonly req: ClientRequest;
  readonly outcome: Outcome;
  /** The client asks to switch protocols. */
  readonly upgrade: boolean;
  /** The answer has begun: it can be cut, but not replaced. */
  readonly answered: boolean;
  reply(reply: replies.LocalReply): void;
  /** @param isWhole nothing comes behind it */
  answer(status: number, lines: HeaderLines, isWhole: boolean): void;
  switchProtocols(headers: IncomingHttpHeaders, upstream: Duplex): void;
  /** @returns whether there is room for more; else `onRoom` is called. */
  write(chunk: Buffer, onRoom: () => void): boolean;
  end(trailers: HeaderLines): void;
  cut(flag: ResponseFlag, details: string): void;
  /** Carries `act` out; what it throws ends this request and no other. */
  guard(act: () => void): void;
}

export class Forwarding implements TriesHandler {
  readonly #side: UpstreamSide;
  readonly #downstream: Downstream;
  readonly #incoming: Incoming;
  readonly #decision: ForwardDecision;
  readonly #plan: RoutePlan;
  #deadlines: Deadlines | undefined;
  #tries: Tries | undefined;
  #body: RequestBody | undefined;
  /** As it goes out, but for what differs from try to try. */
  #lines: HeaderLines = [];
  #setCookies: readonly string[] = [];

  constructor(
    side: UpstreamSide,
    downstream: Downstream,
    { incoming, decision, plan }: { incoming: Incoming; decision: ForwardDecision; plan: RoutePlan },
  ) {
    this.#side = side;
    this.#downstream = downstream;
    this.#incoming = incoming;
    this.#decision = decision;
    this.#plan = plan;
  }

  start(): void {
    const { cluster, mirrors, path, hash } = this.#decision;
    const { upstreams, random } = this.#side;
    const { address, hasBody } = this.#incoming;
    const upstream = upstreams.get(cluster, address);
    if (!upstream || !path.startsWith('/')) {
      this.#downstream.reply(upstream ? replies.badRewrite : replies.unknownCluster(this.#decision.by));
      return;
    }
    const retryAtNext = upstreams.retryAtNext(cluster);
    const rules = retryAtNext ? this.#plan.retry.merged(retryAtNext) : this.#plan.retry;
    const { timeoutMs } = this.#plan;
    const { perTryTimeoutMs } = rules;
    this.#lines = this.#linesToSend(perTryTimeoutMs ?? timeoutMs);
    const deadlines = this.#startDeadlines({ timeoutMs, perTryTimeoutMs });
    if (hasBody) {
      const several = rules.attempts > 0 || mirrors.length > 0;
      this.#body = new RequestBody(this.#downstream.req, several, () => this.#onReceived());
    }
    this.#tries = new Tries(
      {
        upstreams,
        random,
        cluster,
        address,
        upstream,
        clientVersion: this.#downstream.req.httpVersion,
        rules,
        retriesAtNext: retryAtNext !== undefined,
        hash: this.#hashFor(upstream),
        keepsEndpoint: hash.keepsEndpoint,
        deadlines,
        outcome: this.#downstream.outcome,
      },
      this,
    );
    this.#tries.start();
    // Where there was nobody to ask, nobody gets a copy either.
    if (this.#downstream.outcome.host) for (const mirror of mirrors) this.#mirror(mirror);
    if (!this.#body) this.#onReceived();
  }

  /** The client has sent all. An answer that came before has nothing to fear from the clocks. */
  #onReceived(): void {
    if (!this.#downstream.answered) this.#deadlines?.received();
  }

  /** Ends what is under way upstream; nobody hears of it any more. */
  stop(): void {
    this.#deadlines?.stop();
    this.#tries?.stop();
    if (!this.#body) return;
    this.#downstream.outcome.bytesReceived = this.#body.bytes;
    this.#body.discard();
  }

  #startDeadlines(limits: ConstructorParameters<typeof Deadlines>[0]): Deadlines {
    this.#deadlines = new Deadlines(limits, {
      onTimeout: () => this.guard(() => this.#onTimeout()),
      onTryTimeout: () => this.guard(() => this.#tries?.giveUpTry()),
    });
    return this.#deadlines;
  }

  #onTimeout(): void {
    this.#tries?.reportTimeout();
    this.stop();
    if (this.#downstream.answered) this.#downstream.cut('UT', 'response_timeout');
    else this.#downstream.reply(replies.requestTimeout);
  }

  // What goes out

  #hashFor({ policy: { loadBalancer } }: Upstream): number | undefined {
    if (loadBalancer?.type !== 'consistentHash') return undefined;
    const { req } = this.#downstream;
    const client = { address: clientAddress(req), port: req.socket.remotePort ?? 0 };
    const { hash, setCookies } = hashKey(this.#decision.hash.by, this.#incoming.head, client);
    this.#setCookies = setCookies;
    return hash;
  }

  #linesToSend(expectedMs: number | undefined): HeaderLines {
    const { lines, head } = this.#incoming;
    const { requestHeaders, rewrites, authority } = this.#decision;
    changeHeaders(lines, requestHeaders, toWire);
    if (requestHeaders.length > 0) removeHopByHop(lines);
    if (rewrites.path) setLine(lines, 'x-envoy-original-path', head.path);
    if (rewrites.authority) setLine(lines, 'x-envoy-original-host', head.authority);
    if (expectedMs !== undefined) setLine(lines, 'x-envoy-expected-rq-timeout-ms', String(expectedMs));
    lines.push('host', toWire(authority));
    return lines;
  }

  #mirror({ cluster, authority }: ForwardDecision['mirrors'][number]): void {
    const upstream = this.#side.upstreams.get(cluster, this.#incoming.address);
    if (!upstream) return;
    const lines = this.#lines.slice();
    setLine(lines, 'host', toWire(authority));
    // To its upstream the copy is the proxy's own request.
    const before = this.#incoming.head.headers['x-forwarded-for'];
    const own = proxyAddress(this.#downstream.req);
    setLine(lines, 'x-forwarded-for', before === undefined ? own : toWire(`${String(before)},${own}`));
    setLine(lines, 'x-envoy-internal', 'true');
    const copyTo = (host: Host, giveUp: () => void) =>
      this.#request(host, [...lines, 'x-envoy-attempt-count', '1'], this.#body?.copy(giveUp));
    sendMirror(upstream, copyTo, this.#downstream.req.httpVersion, this.#plan.timeoutMs);
  }

  isRepeatable(): boolean {
    return !this.#body || this.#body.complete;
  }

  requestTo(host: Host, attempt: number): UpstreamRequest | undefined {
    return this.#request(
      host,
      [...this.#lines, 'x-envoy-attempt-count', String(attempt)],
      this.#body?.open(),
    );
  }

  /** @returns undefined where the request has gone round too often already. */
  #request(
    { at }: Host,
    headers: HeaderLines,
    body: ReturnType<RequestBody['open']> | undefined,
  ): (UpstreamRequest & { servername: string }) | undefined {
    if (this.#side.isProxy(at.host, at.port)) {
      const hops = nextHop(this.#downstream.req);
      if (hops === undefined) return undefined;
      headers.push(hopsHeader, hops);
    }
    const { trailerLines } = this.#downstream.req;
    return {
      path: this.#decision.path,
      method: this.#incoming.head.method as 'GET',
      headers,
      body: body ?? null,
      trailers: trailerLines && (() => trailerLines),
      upgrade: this.#downstream.upgrade ? 'websocket' : null,
      // For TLS, which is not spoken here; undici would read it from Host, and fail at one such as `[::1`.
      servername: 'none',
    };
  }

  // What comes back

  onAnswer(status: number, { lines }: ResponseHead, isWhole: boolean): void {
    const serviceTimeMs = Math.round(this.#deadlines?.elapsedMs ?? 0);
    this.#downstream.outcome.serviceTimeMs = serviceTimeMs;
    changeHeaders(lines, this.#decision.responseHeaders, toWire);
    for (const cookie of this.#setCookies) lines.push('set-cookie', toWire(cookie));
    lines.push('x-envoy-upstream-service-time', String(serviceTimeMs));
    this.#downstream.answer(status, lines, isWhole);
  }

  onData(chunk: Buffer, resume: () => void): boolean {
    return this.#downstream.write(chunk, resume);
  }

  onEnd(trailers: HeaderLines): void {
    this.#downstream.end(trailers);
  }

  onUpgrade(headers: IncomingHttpHeaders, upstream: Duplex): void {
    this.stop();
    this.#downstream.switchProtocols(headers, upstream);
  }

  onBreak(reset: Reset): void {
    const { flag, details } = replies.breakOf(reset);
    this.#downstream.cut(flag, details);
  }

  onGivenUp(reply: replies.LocalReply): void {
    this.#downstream.reply(reply);
  }

  guard(act: () => void): void {
    this.#downstream.guard(act);
  }
}
