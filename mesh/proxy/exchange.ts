/** One request and its answer at one proxy, from the head that came in to the line in the access log. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { decide } from '../routing/decide.ts';
import type { Decision } from '../routing/decision.ts';
import type { AccessLogEntry, ResponseFlag } from './access-log.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import { failureOf } from './failure.ts';
import { abortFor, delayFor } from './fault.ts';
import { hashKey } from './hash-key.ts';
import { changeHeaders, type HeaderLines, isHopByHop, setLine } from './headers.ts';
import type { Host } from './host.ts';
import * as replies from './local-reply.ts';
import { sendMirror } from './mirror.ts';
import type { MeshProxy } from './proxy.ts';
import { RequestBody } from './request-body.ts';
import {
  addressedPort,
  clientAddress,
  hostHeader,
  type Incoming,
  readRequest,
  splitAuthority,
  targetOf,
} from './request-lines.ts';
import { backoffMs, type Reset } from './retry.ts';
import { defaultPlan, passthroughPlan, planOf, type RoutePlan } from './route-plan.ts';
import { tunnelAddress } from './tunnel.ts';
import { isWebSocket, joinSockets, switchingProtocols } from './upgrade.ts';
import type { Upstream } from './upstream.ts';

type Forward = Extract<Decision, { type: 'forward' }>;

/** Envoy's bound for the number of header lines in a request. */
const maxHeaderLines = 100;

export class Exchange implements AttemptOwner {
  readonly #proxy: MeshProxy;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #upgrade: boolean;
  readonly #startedAt = performance.now();
  #incoming: Incoming | undefined;
  #decision: Decision | undefined;
  #forward!: Forward;
  #plan: RoutePlan = defaultPlan;
  #body: RequestBody | undefined;
  #upstream: Upstream | undefined;
  /** Of an aggregate cluster: status codes for which its next member is tried, and the members tried so far. */
  #retryAtNext: readonly number[] | undefined;
  readonly #passed: string[] = [];
  #attempt: Attempt | undefined;
  #host: Host | undefined;
  #attempts = 0;
  #tried: Host[] | undefined;
  #hash: number | undefined;
  #setCookie: string | undefined;
  /** Place of x-envoy-attempt-count's value in the lines. */
  #countAt = 0;
  /** When the whole request had come in. */
  #receivedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #perTryTimer: NodeJS.Timeout | undefined;
  #waiting: NodeJS.Timeout | undefined;
  #inQueue: (() => void) | undefined;
  #retrying = false;
  #ended = false;
  #draining = false;
  #isCut = false;
  #answered = false;
  #bytesSent = 0;
  #status = 0;
  #flags: ResponseFlag[] = [];
  #details = 'via_upstream';
  #transportFailure: string | undefined;
  #serviceTimeMs: number | undefined;

  /** @param upgrade the client asks for another protocol on this connection. */
  constructor(proxy: MeshProxy, req: IncomingMessage, res: ServerResponse, upgrade = false) {
    this.#proxy = proxy;
    this.#req = req;
    this.#res = res;
    this.#upgrade = upgrade;
  }

  start(): void {
    const { identity } = this.#proxy;
    const req = this.#req;
    this.#proxy.requests++;
    this.#proxy.active++;
    this.#res.on('close', () => this.#close());
    if (req.httpVersionMajor === 1 && req.httpVersionMinor === 0) {
      this.#reply(replies.lowVersion);
      return;
    }
    if (req.rawHeaders.length > 2 * maxHeaderLines) {
      this.#reply(replies.tooManyHeaders);
      return;
    }
    const target = targetOf(req, hostHeader(req.rawHeaders), tunnelAddress(req.socket));
    if (!target) {
      this.#reply(replies.missingHost);
      return;
    }
    if (target.scheme === 'https') {
      this.#reply(replies.noTls);
      return;
    }
    if (this.#upgrade && !isWebSocket(req)) {
      this.#reply(replies.upgradeNotAllowed);
      return;
    }
    const port = identity.type === 'gateway' ? this.#proxy.gatewayPort : addressedPort(target);
    const incoming = readRequest(req, identity, target, port);
    this.#incoming = incoming;
    const decision = decide(this.#proxy.table, incoming.head, this.#proxy.random);
    this.#decision = decision;
    if ('by' in decision && decision.by) this.#plan = planOf(decision.by.route);
    if (this.#plan.fault) this.#injectFault(decision);
    else this.#carryOut(decision);
  }

  #injectFault(decision: Decision): void {
    const { fault } = this.#plan;
    const afterDelay = () => {
      const status = abortFor(fault, this.#proxy.random);
      if (status === undefined) this.#carryOut(decision);
      else this.#reply(replies.faultAbort(status));
    };
    const delayMs = delayFor(fault, this.#proxy.random);
    if (delayMs === 0) {
      afterDelay();
      return;
    }
    this.#flags.push('DI');
    this.#waiting = setTimeout(afterDelay, delayMs);
  }

  #carryOut(decision: Decision): void {
    switch (decision.type) {
      case 'forward':
        this.#forward = decision;
        this.#startForward(decision);
        break;
      case 'redirect':
        this.#direct(decision.status, '', ['location', decision.location], decision);
        break;
      case 'direct':
        this.#direct(decision.status, decision.body, [], decision);
        break;
      case 'noRoute':
        this.#reply(replies.noRoute);
        break;
      case 'blocked':
        this.#reply(replies.blockedEgress);
        break;
    }
  }

  #direct(
    status: number,
    body: string,
    headers: HeaderLines,
    { responseHeaders }: Extract<Decision, { type: 'redirect' | 'direct' }>,
  ): void {
    changeHeaders(headers, responseHeaders);
    this.#reply({ status, body, headers, details: 'direct_response' });
  }

  #startForward(decision: Forward): void {
    const incoming = this.#incoming as Incoming;
    const upstream = this.#upstreamOf(decision.cluster);
    if (!upstream) {
      this.#reply(replies.unknownCluster);
      return;
    }
    this.#upstream = upstream;
    this.#retryAtNext = this.#proxy.upstreams.retryAtNext(decision.cluster);
    if (!decision.by && upstream.name === 'PassthroughCluster') this.#plan = passthroughPlan;
    const { loadBalancer } = upstream.policy;
    if (loadBalancer?.type === 'consistentHash') {
      const client = { address: clientAddress(this.#req), port: this.#req.socket.remotePort ?? 0 };
      const key = hashKey(loadBalancer, incoming.head, client);
      this.#hash = key.hash;
      this.#setCookie = key.setCookie;
    }
    const { lines } = incoming;
    changeHeaders(lines, decision.requestHeaders);
    if (decision.path !== incoming.head.path) setLine(lines, 'x-envoy-original-path', incoming.head.path);
    const { timeoutMs, retry } = this.#plan;
    const expected = retry.perTryTimeoutMs ?? timeoutMs;
    if (expected !== undefined) setLine(lines, 'x-envoy-expected-rq-timeout-ms', String(expected));
    lines.push('host', decision.authority, 'x-envoy-attempt-count', '1');
    this.#countAt = lines.length - 1;
    if (incoming.hasBody) {
      const several = retry.attempts > 0 || decision.mirrors.length > 0;
      this.#body = new RequestBody(this.#req, several, () => this.#onReceived());
    }
    this.#try();
    for (const mirror of decision.mirrors) this.#mirror(mirror);
    if (!this.#body) this.#onReceived();
  }

  #upstreamOf(cluster: string): Upstream | undefined {
    const address = () => {
      const { head, address } = this.#incoming as Incoming;
      const { host, port } = address ?? splitAuthority(head.authority, head.port);
      return this.#proxy.resolve(host, port);
    };
    return this.#proxy.upstreams.get(cluster, address, this.#passed);
  }

  /** The client has sent all: from here Envoy counts the route's time-out. */
  #onReceived(): void {
    if (this.#receivedAt !== 0 || this.#answered) return;
    this.#receivedAt = performance.now();
    const { timeoutMs } = this.#plan;
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.#onTimeout(), timeoutMs);
    if (this.#attempt) this.#startPerTryTimer();
  }

  #onTimeout(): void {
    if (this.#attempt) this.#attempt.upstream.report(this.#attempt.host, 504);
    this.#giveUp();
    if (!this.#answered) {
      this.#reply(replies.requestTimeout);
      return;
    }
    this.#flags.push('UT');
    this.#details = 'response_timeout';
    this.#cut();
  }

  #startPerTryTimer(): void {
    const { perTryTimeoutMs } = this.#plan.retry;
    if (!perTryTimeoutMs) return;
    this.#perTryTimer = setTimeout(() => {
      const attempt = this.#attempt;
      if (!attempt || attempt.headed) return;
      attempt.upstream.report(attempt.host, 504);
      attempt.abandon();
      this.#afterReset('perTryTimeout', attempt.started);
    }, perTryTimeoutMs);
  }

  // Trying

  #try(): void {
    const upstream = this.#upstream as Upstream;
    const host = upstream.pick(this.#hash, this.#tried);
    if (!host) {
      this.#reply(replies.noHealthyUpstream);
      return;
    }
    this.#host = host;
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
    switch (breaker.enter(idle, onTurn)) {
      case 'go':
        this.#send(host, !idle);
        break;
      case 'wait':
        this.#inQueue = onTurn;
        return;
      case 'overflow':
        this.#afterReset('overflow', false);
        break;
    }
  }

  #send(host: Host, connecting: boolean): void {
    const { lines, head } = this.#incoming as Incoming;
    this.#attempts++;
    lines[this.#countAt] = String(this.#attempts);
    const attempt = new Attempt(this, this.#upstream as Upstream, host, connecting);
    this.#attempt = attempt;
    if (this.#receivedAt !== 0) this.#startPerTryTimer();
    const body = this.#body ? this.#body.open() : null;
    const upgrade = this.#upgrade ? 'websocket' : null;
    const request = { path: this.#forward.path, method: head.method as 'GET', headers: lines, body, upgrade };
    host.pool.dispatch(request, attempt);
  }

  onHead(attempt: Attempt, status: number, rawHeaders: readonly Buffer[]): void {
    clearTimeout(this.#perTryTimer);
    attempt.upstream.report(attempt.host, status);
    const now = performance.now();
    const lines: HeaderLines = [];
    let grpcStatus: string | undefined;
    let overloaded = false;
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as Buffer).toString('latin1').toLowerCase();
      if (isHopByHop(name) || name === 'server' || name === 'x-envoy-upstream-service-time') continue;
      const value = (rawHeaders[i + 1] as Buffer).toString('latin1');
      if (name === 'grpc-status') grpcStatus = value;
      else if (name === 'x-envoy-overloaded') overloaded = true;
      lines.push(name, value);
    }
    const isRetried =
      this.#plan.retry.retriesStatus(status, grpcStatus, overloaded) ||
      (this.#retryAtNext?.includes(status) && !overloaded);
    if (isRetried && this.#retry()) {
      this.#attempt = undefined;
      attempt.abandon();
      return;
    }
    this.#serviceTimeMs = Math.round(now - (this.#receivedAt || now));
    this.#answerWith(status, lines);
  }

  #answerWith(status: number, lines: HeaderLines): void {
    changeHeaders(lines, this.#forward.responseHeaders);
    if (this.#setCookie) lines.push('set-cookie', this.#setCookie);
    lines.push(
      'x-envoy-upstream-service-time',
      String(this.#serviceTimeMs),
      'server',
      this.#proxy.serverName,
    );
    this.#answered = true;
    this.#status = status;
    this.#settleRetry();
    this.#writeHead(status, lines);
  }

  onData(attempt: Attempt, chunk: Buffer): boolean {
    this.#bytesSent += chunk.length;
    if (this.#res.write(chunk)) return true;
    if (!this.#draining) {
      this.#draining = true;
      this.#res.on('drain', () => attempt.resume());
    }
    return false;
  }

  onEnd(): void {
    this.#attempt = undefined;
    this.#res.end();
  }

  onUpgrade(_: Attempt, headers: IncomingHttpHeaders, upstream: Duplex): void {
    this.#attempt = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#perTryTimer);
    this.#answered = true;
    this.#status = 101;
    const client = this.#req.socket;
    client.write(switchingProtocols(headers, this.#proxy.serverName));
    joinSockets(client, upstream);
  }

  onFailure(attempt: Attempt, error: Error): void {
    this.#attempt = undefined;
    clearTimeout(this.#perTryTimer);
    const { reset, transport, unresolved } = failureOf(error, attempt.started);
    if (this.#answered) {
      this.#flags.push('UC');
      this.#details = 'upstream_reset_after_response_started{connection_termination}';
      this.#cut();
      return;
    }
    attempt.upstream.report(attempt.host, 503);
    if (unresolved) {
      this.#reply(replies.noHealthyUpstream);
      return;
    }
    this.#afterReset(reset, attempt.started, transport);
  }

  #afterReset(reset: Reset, sent: boolean, transport?: string): void {
    this.#attempt = undefined;
    if (this.#plan.retry.retriesReset(reset, sent) && this.#retry()) return;
    this.#reply(replies.resetReply(reset, this.#attempts > 1, transport));
  }

  /** Plans the next try. @returns false when there may be none. */
  #retry(): boolean {
    if (this.#body && !this.#body.complete) return false;
    const { retry } = this.#plan;
    if (retry.attempts === 0) return false;
    if (this.#attempts > retry.attempts) {
      this.#flags.push('URX');
      return false;
    }
    // The fallback's cluster sets no bound for its retries; those of its members do not count them.
    const breaker = this.#retryAtNext ? undefined : this.#upstream?.breaker;
    this.#settleRetry();
    if (breaker && !breaker.retry()) {
      this.#flags.push('UO');
      return false;
    }
    this.#retrying = breaker !== undefined;
    if (this.#host) {
      this.#tried ??= [];
      this.#tried.push(this.#host);
    }
    clearTimeout(this.#perTryTimer);
    this.#waiting = setTimeout(
      () => {
        if (this.#retryAtNext) this.#moveOn();
        this.#try();
      },
      backoffMs(this.#attempts, this.#proxy.random),
    );
    return true;
  }

  /** To the next member of the aggregate cluster. */
  #moveOn(): void {
    if (this.#upstream) this.#passed.push(this.#upstream.name);
    this.#upstream = this.#upstreamOf(this.#forward.cluster) ?? this.#upstream;
  }

  #settleRetry(): void {
    if (this.#retrying) this.#upstream?.breaker?.retryEnded();
    this.#retrying = false;
  }

  #mirror({ cluster, authority }: Forward['mirrors'][number]): void {
    const upstream = this.#upstreamOf(cluster);
    if (!upstream) return;
    const { lines, head } = this.#incoming as Incoming;
    const headers = lines.slice();
    setLine(headers, 'host', authority);
    const body = this.#body ? this.#body.open() : null;
    const request = { path: this.#forward.path, method: head.method as 'GET', headers, body };
    sendMirror(upstream, this.#hash, request, this.#plan.timeoutMs);
  }

  // Answering

  #reply(reply: replies.LocalReply): void {
    if (this.#answered || this.#ended) return;
    this.#answered = true;
    this.#giveUp();
    if (reply.flag) this.#flags.push(reply.flag);
    this.#details = reply.details;
    this.#transportFailure = reply.transportFailure;
    this.#status = reply.status;
    this.#bytesSent = Buffer.byteLength(reply.body);
    const lines: HeaderLines = reply.headers ?? [];
    const head = lines.slice();
    if (reply.body) head.push('content-length', String(this.#bytesSent), 'content-type', 'text/plain');
    else head.push('content-length', '0');
    head.push('server', this.#proxy.serverName);
    if (reply.close) head.push('connection', 'close');
    this.#writeHead(reply.status, head);
    this.#res.end(reply.body);
  }

  #writeHead(status: number, lines: HeaderLines): void {
    // Envoy does not say how long it keeps connections; node would add `Connection: keep-alive, Keep-Alive: …`.
    if (this.#res.shouldKeepAlive) this.#res.removeHeader('connection');
    this.#res.writeHead(status, lines);
  }

  /** Ends what is under way upstream. */
  #giveUp(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#perTryTimer);
    clearTimeout(this.#waiting);
    this.#settleRetry();
    if (this.#inQueue) this.#upstream?.breaker?.forget(this.#inQueue);
    this.#inQueue = undefined;
    this.#attempt?.abandon();
    this.#attempt = undefined;
  }

  /** Ends an answer that has begun and cannot be finished: the client sees its connection close. */
  #cut(): void {
    this.#isCut = true;
    this.#res.destroy();
  }

  /** The answer is out, or the client is gone. */
  #close(): void {
    if (this.#ended) return;
    const left = !this.#res.writableEnded && !this.#isCut && this.#status !== 101;
    this.#ended = true;
    this.#giveUp();
    this.#proxy.active--;
    if (left) {
      this.#flags.push('DC');
      this.#details = 'downstream_remote_disconnect';
    }
    this.#proxy.onAccessLog?.(this.#logEntry());
  }

  #logEntry(): AccessLogEntry {
    const req = this.#req;
    const by = this.#decision && 'by' in this.#decision ? this.#decision.by : undefined;
    const headers = this.#incoming?.head.headers;
    const routeName = by?.route.name;
    const durationMs = performance.now() - this.#startedAt;
    return {
      proxy: this.#proxy.identity.name,
      startTime: new Date(Date.now() - durationMs),
      method: req.method ?? '-',
      path: this.#incoming?.head.path ?? req.url ?? '-',
      protocol: `HTTP/${req.httpVersion}`,
      authority: this.#incoming?.head.authority ?? '-',
      status: this.#status,
      flags: this.#flags,
      details: this.#details,
      ...(this.#transportFailure && { transportFailure: this.#transportFailure }),
      bytesReceived: this.#body?.bytes ?? 0,
      bytesSent: this.#bytesSent,
      durationMs,
      ...(this.#serviceTimeMs !== undefined && { upstreamServiceTimeMs: this.#serviceTimeMs }),
      requestId: this.#incoming?.requestId ?? '-',
      ...(headers?.['user-agent'] && { userAgent: String(headers['user-agent']) }),
      ...(headers?.['x-forwarded-for'] && { forwardedFor: String(headers['x-forwarded-for']) }),
      ...(this.#host && { upstreamHost: this.#host.address }),
      ...(this.#host?.endpoint && { endpoint: this.#host.endpoint }),
      ...(this.#upstream && { upstreamCluster: this.#upstream.name }),
      ...(routeName && { routeName }),
      ...(by && { rule: by.place }),
      attempts: this.#attempts,
      downstream: `${clientAddress(req)}:${req.socket.remotePort ?? 0}`,
    };
  }
}
