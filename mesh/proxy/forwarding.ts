/** The upstream side of one request: which endpoint, how often, how long; Envoy's router filter. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { ForwardDecision } from '../routing/decision.ts';
import type { ResponseFlag } from './access-log.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import { failureOf } from './failure.ts';
import { hashKey } from './hash-key.ts';
import { changeHeaders, type HeaderLines, removeHopByHop, setLine } from './headers.ts';
import type { Host } from './host.ts';
import * as replies from './local-reply.ts';
import { hopsHeader, nextHop } from './loop.ts';
import { sendMirror } from './mirror.ts';
import type { Outcome } from './outcome.ts';
import type { MeshProxy } from './proxy.ts';
import { RequestBody } from './request-body.ts';
import { clientAddress, type Incoming, proxyAddress } from './request-lines.ts';
import { readResponseHead } from './response-head.ts';
import { backoffMs, type Reset, type RetryRules } from './retry.ts';
import type { RoutePlan } from './route-plan.ts';
import { timerMs } from './timer.ts';
import type { Upstream } from './upstream/upstream.ts';
import { toWire } from './wire.ts';

/** The client's side of the request, as far as the upstream's side needs it. */
export interface Downstream {
  readonly req: IncomingMessage;
  readonly outcome: Outcome;
  /** The client asks to switch protocols. */
  readonly upgrade: boolean;
  /** The answer has begun: it can be cut, but not replaced. */
  readonly answered: boolean;
  reply(reply: replies.LocalReply): void;
  answer(status: number, lines: HeaderLines): void;
  switchProtocols(headers: IncomingHttpHeaders, upstream: Duplex): void;
  /** @returns whether there is room for more; else `onRoom` is called. */
  write(chunk: Buffer, onRoom: () => void): boolean;
  end(): void;
  cut(flag: ResponseFlag, details: string): void;
  /** Carries `act` out; what it throws ends this request and no other. */
  guard(act: () => void): void;
}

export class Forwarding implements AttemptOwner {
  readonly #proxy: MeshProxy;
  readonly #downstream: Downstream;
  readonly #incoming: Incoming;
  readonly #decision: ForwardDecision;
  readonly #plan: RoutePlan;
  #retryRules: RetryRules;
  #body: RequestBody | undefined;
  #upstream: Upstream | undefined;
  /** Of an aggregate cluster: whether a retry goes to its next member, and the members tried so far. */
  #retryAtNext = false;
  readonly #passed: string[] = [];
  #attempt: Attempt | undefined;
  readonly #tried: Host[] = [];
  #hash: number | undefined;
  #setCookies: readonly string[] = [];
  /** Place of x-envoy-attempt-count's value in the lines. */
  #countAt = 0;
  /** When the whole request had come in. */
  #receivedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #perTryTimer: NodeJS.Timeout | undefined;
  #backoff: NodeJS.Timeout | undefined;
  #inQueue: (() => void) | undefined;
  #retrying = false;

  constructor(
    proxy: MeshProxy,
    downstream: Downstream,
    incoming: Incoming,
    decision: ForwardDecision,
    plan: RoutePlan,
  ) {
    this.#proxy = proxy;
    this.#downstream = downstream;
    this.#incoming = incoming;
    this.#decision = decision;
    this.#plan = plan;
    this.#retryRules = plan.retry;
  }

  start(): void {
    const { cluster, mirrors } = this.#decision;
    const upstream = this.#upstreamOf(cluster);
    if (!upstream) {
      this.#downstream.reply(replies.unknownCluster);
      return;
    }
    if (!this.#decision.path.startsWith('/')) {
      this.#downstream.reply(replies.badRewrite);
      return;
    }
    this.#upstream = upstream;
    const retryAtNext = this.#proxy.upstreams.retryAtNext(cluster);
    this.#retryAtNext = retryAtNext !== undefined;
    this.#retryRules = retryAtNext ? this.#plan.retry.merged(retryAtNext) : this.#plan.retry;
    this.#hashRequest(upstream);
    this.#finishHeaders();
    if (this.#incoming.hasBody) {
      const several = this.#retryRules.attempts > 0 || mirrors.length > 0;
      this.#body = new RequestBody(this.#downstream.req, several, () => this.#onReceived());
    }
    this.#try();
    for (const mirror of mirrors) this.#mirror(mirror);
    if (!this.#body) this.#onReceived();
  }

  /** Ends what is under way upstream; nobody hears of it any more. */
  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#perTryTimer);
    clearTimeout(this.#backoff);
    this.#settleRetry();
    if (this.#inQueue) this.#upstream?.breaker?.forget(this.#inQueue);
    this.#inQueue = undefined;
    this.#attempt?.abandon();
    this.#attempt = undefined;
    if (!this.#body) return;
    this.#downstream.outcome.bytesReceived = this.#body.bytes;
    this.#body.discard();
  }

  #upstreamOf(cluster: string): Upstream | undefined {
    return this.#proxy.upstreams.get(cluster, this.#incoming.address, this.#passed);
  }

  #hashRequest({ policy: { loadBalancer } }: Upstream): void {
    if (loadBalancer?.type !== 'consistentHash') return;
    const { req } = this.#downstream;
    const client = { address: clientAddress(req), port: req.socket.remotePort ?? 0 };
    const { hash, setCookies } = hashKey(this.#decision.hash.by, this.#incoming.head, client);
    this.#hash = hash;
    this.#setCookies = setCookies;
  }

  #finishHeaders(): void {
    const { lines, head } = this.#incoming;
    const { requestHeaders, rewrites, authority } = this.#decision;
    changeHeaders(lines, requestHeaders, toWire);
    if (requestHeaders.length > 0) removeHopByHop(lines);
    if (rewrites.path) setLine(lines, 'x-envoy-original-path', head.path);
    if (rewrites.authority) setLine(lines, 'x-envoy-original-host', head.authority);
    const { timeoutMs } = this.#plan;
    const expected = this.#retryRules.perTryTimeoutMs ?? timeoutMs;
    if (expected !== undefined) setLine(lines, 'x-envoy-expected-rq-timeout-ms', String(expected));
    lines.push('host', toWire(authority), 'x-envoy-attempt-count', '1');
    this.#countAt = lines.length - 1;
  }

  #mirror({ cluster, authority }: ForwardDecision['mirrors'][number]): void {
    const upstream = this.#upstreamOf(cluster);
    if (!upstream) return;
    const headers = this.#incoming.lines.slice();
    setLine(headers, 'host', toWire(authority));
    // To its upstream the copy is the proxy's own request.
    const before = this.#incoming.head.headers['x-forwarded-for'];
    const own = proxyAddress(this.#downstream.req);
    setLine(headers, 'x-forwarded-for', before === undefined ? own : toWire(`${String(before)},${own}`));
    setLine(headers, 'x-envoy-internal', 'true');
    sendMirror(
      upstream,
      (host, giveUp) => this.#requestTo(host, headers, this.#body?.copy(giveUp)),
      this.#plan.timeoutMs,
    );
  }

  /** @returns undefined where the request has gone round too often already. */
  #requestTo(
    { at }: Host,
    lines: HeaderLines,
    body = this.#body?.open(),
  ): (Dispatcher.DispatchOptions & { servername: string }) | undefined {
    let headers = lines;
    if (this.#proxy.isProxy(at.host, at.port)) {
      const hops = nextHop(this.#downstream.req);
      if (hops === undefined) return undefined;
      headers = [...lines, hopsHeader, hops];
    }
    return {
      path: this.#decision.path,
      method: this.#incoming.head.method as 'GET',
      headers,
      body: body ?? null,
      upgrade: this.#downstream.upgrade ? 'websocket' : null,
      // For TLS, which is not spoken here; undici would read it from Host, and fail at one such as `[::1`.
      servername: 'none',
    };
  }

  // Time

  #after(ms: number, act: () => void): NodeJS.Timeout {
    return setTimeout(() => this.#downstream.guard(act), timerMs(ms));
  }

  /** The client has sent all: from here Envoy counts the route's time-out. */
  #onReceived(): void {
    if (this.#receivedAt !== 0 || this.#downstream.answered) return;
    this.#receivedAt = performance.now();
    const { timeoutMs } = this.#plan;
    if (timeoutMs !== undefined) this.#timer = this.#after(timeoutMs, () => this.#onTimeout());
    if (this.#attempt) this.#startPerTryTimer();
  }

  #onTimeout(): void {
    if (this.#attempt) this.#attempt.upstream.report(this.#attempt.host, 504);
    this.stop();
    if (this.#downstream.answered) this.#downstream.cut('UT', 'response_timeout');
    else this.#downstream.reply(replies.requestTimeout);
  }

  #startPerTryTimer(): void {
    const { perTryTimeoutMs } = this.#retryRules;
    if (!perTryTimeoutMs) return;
    this.#perTryTimer = this.#after(perTryTimeoutMs, () => {
      const attempt = this.#attempt;
      if (!attempt || attempt.headed) return;
      attempt.upstream.report(attempt.host, 504);
      attempt.abandon();
      this.#afterReset('perTryTimeout', attempt.started);
    });
  }

  // Trying

  #try(): void {
    const { outcome } = this.#downstream;
    const upstream = this.#upstream as Upstream;
    outcome.cluster = upstream.name;
    const host = upstream.pick(this.#hash, this.#decision.hash.keepsEndpoint ? [] : this.#tried);
    if (!host) {
      this.#downstream.reply(replies.noHealthyUpstream);
      return;
    }
    outcome.host = host;
    const { breaker } = upstream;
    if (!breaker) {
      this.#send(host, false);
      return;
    }
    const idle = host.idle;
    const onTurn = () => {
      this.#inQueue = undefined;
      this.#send(host, false);
    };
    const admission = breaker.enter(idle, onTurn);
    if (admission === 'go') this.#send(host, !idle);
    else if (admission === 'wait') this.#inQueue = onTurn;
    else this.#afterReset('overflow', false);
  }

  #send(host: Host, connecting: boolean): void {
    const { lines } = this.#incoming;
    lines[this.#countAt] = String(++this.#downstream.outcome.attempts);
    const request = this.#requestTo(host, lines);
    if (!request) {
      this.#downstream.reply(replies.loop);
      return;
    }
    const attempt = new Attempt(this, this.#upstream as Upstream, host, connecting);
    this.#attempt = attempt;
    if (this.#receivedAt !== 0) this.#startPerTryTimer();
    host.pool.dispatch(request, attempt);
  }

  onHead(attempt: Attempt, status: number, rawHeaders: readonly Buffer[]): void {
    clearTimeout(this.#perTryTimer);
    attempt.upstream.report(attempt.host, status);
    const { lines, grpcStatus, overloaded } = readResponseHead(rawHeaders);
    if (this.#retryRules.retriesStatus(status, grpcStatus, overloaded) && this.#retry()) {
      this.#attempt = undefined;
      attempt.abandon();
      return;
    }
    this.#settleRetry();
    const now = performance.now();
    const serviceTimeMs = Math.round(now - (this.#receivedAt || now));
    this.#downstream.outcome.serviceTimeMs = serviceTimeMs;
    changeHeaders(lines, this.#decision.responseHeaders, toWire);
    for (const cookie of this.#setCookies) lines.push('set-cookie', toWire(cookie));
    lines.push('x-envoy-upstream-service-time', String(serviceTimeMs));
    this.#downstream.answer(status, lines);
  }

  onData(attempt: Attempt, chunk: Buffer): boolean {
    return this.#downstream.write(chunk, () => attempt.resume());
  }

  onEnd(): void {
    this.#attempt = undefined;
    this.#downstream.end();
  }

  onUpgrade(_: Attempt, headers: IncomingHttpHeaders, upstream: Duplex): void {
    this.#attempt = undefined;
    this.stop();
    this.#downstream.switchProtocols(headers, upstream);
  }

  onDefect(_: Attempt, error: unknown): void {
    this.#downstream.guard(() => {
      throw error;
    });
  }

  onFailure(attempt: Attempt, error: Error): void {
    this.#attempt = undefined;
    clearTimeout(this.#perTryTimer);
    if (this.#downstream.answered) {
      this.#downstream.cut('UC', 'upstream_reset_after_response_started{connection_termination}');
      return;
    }
    const { reset, transport, unresolved } = failureOf(error, attempt.started);
    attempt.upstream.report(attempt.host, 503);
    if (unresolved) this.#downstream.reply(replies.noHealthyUpstream);
    else this.#afterReset(reset, attempt.started, transport);
  }

  #afterReset(reset: Reset, sent: boolean, transport?: string): void {
    this.#attempt = undefined;
    if (this.#retryRules.retriesReset(reset, sent) && this.#retry()) return;
    this.#downstream.reply(replies.resetReply(reset, this.#downstream.outcome.attempts > 1, transport));
  }

  /** Plans the next try. @returns false when there may be none. */
  #retry(): boolean {
    if (this.#body && !this.#body.complete) return false;
    const { outcome } = this.#downstream;
    const { attempts } = this.#retryRules;
    if (attempts === 0) return false;
    if (outcome.attempts > attempts) {
      outcome.flags.push('URX');
      return false;
    }
    // The fallback's cluster sets no bound for its retries; those of its members do not count them.
    const breaker = this.#retryAtNext ? undefined : this.#upstream?.breaker;
    this.#settleRetry();
    if (breaker && !breaker.retry()) {
      outcome.flags.push('UO');
      return false;
    }
    this.#retrying = breaker !== undefined;
    if (outcome.host) this.#tried.push(outcome.host);
    clearTimeout(this.#perTryTimer);
    this.#backoff = this.#after(backoffMs(outcome.attempts, this.#proxy.random), () => {
      if (this.#retryAtNext) this.#moveOn();
      this.#try();
    });
    return true;
  }

  /** To the next member of the aggregate cluster. */
  #moveOn(): void {
    if (this.#upstream) this.#passed.push(this.#upstream.name);
    this.#upstream = this.#upstreamOf(this.#decision.cluster) ?? this.#upstream;
  }

  #settleRetry(): void {
    if (this.#retrying) this.#upstream?.breaker?.retryEnded();
    this.#retrying = false;
  }
}
