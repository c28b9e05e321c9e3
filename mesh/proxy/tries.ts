/** The tries of one request: at which endpoint, how often, and when again; Envoy's router filter without the messages. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Address } from './address.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { Deadlines } from './deadlines.ts';
import { failureOf } from './failure.ts';
import type { HeaderLines } from './headers.ts';
import * as replies from './local-reply.ts';
import type { Outcome } from './outcome.ts';
import { type RawLines, type ResponseHead, readResponseHead, readTrailers } from './response-head.ts';
import { backoffMs, type Reset, type RetryRules } from './retry.ts';
import type { Host, HttpVersion } from './upstream/host.ts';
import type { UpstreamRequest } from './upstream/http2-try.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { Upstreams } from './upstream/upstreams.ts';

/** Who wants the answer. Nothing is told after {@link Tries.stop}. */
export interface TriesHandler {
  /** Whether the request can be sent once more. */
  isRepeatable(): boolean;
  /** The request for one try, counted from 1; undefined: it goes round in the mesh. */
  requestTo(host: Host, attempt: number): UpstreamRequest | undefined;
  /** @param isWhole nothing comes behind its head */
  onAnswer(status: number, head: ResponseHead, isWhole: boolean): void;
  /** @returns whether there is room for more; else `resume` is to be called when there is. */
  onData(chunk: Buffer, resume: () => void): boolean;
  /** @param trailers of HTTP/2 */
  onEnd(trailers: HeaderLines): void;
  /** From here the connection is theirs. */
  onUpgrade(headers: IncomingHttpHeaders, upstream: Duplex): void;
  /** The answer has begun, and does not go on. */
  onBreak(reset: Reset): void;
  /** There is no answer, and no further try. */
  onGivenUp(reply: replies.LocalReply): void;
  /** Carries `act` out; what it throws ends this request and no other. */
  guard(act: () => void): void;
}

export interface TriesOptions {
  upstreams: Upstreams;
  random: () => number;
  cluster: string;
  /** Where the request was going, for a cluster that leads just there. */
  address: Address | undefined;
  /** The cluster's, or that of the member of an aggregate that comes first. */
  upstream: Upstream;
  /** Of HTTP, that the client speaks. */
  clientVersion: string;
  rules: RetryRules;
  /** A retry goes to the next member of the aggregate. */
  retriesAtNext: boolean;
  /** For consistentHash. */
  hash: number | undefined;
  /** A retry stays with the endpoint that the hash says. */
  keepsEndpoint: boolean;
  deadlines: Deadlines;
  outcome: Outcome;
}

export class Tries implements AttemptOwner {
  readonly #options: TriesOptions;
  readonly #handler: TriesHandler;
  #upstream: Upstream;
  /** Members of an aggregate that have been tried. */
  readonly #passed: string[] = [];
  readonly #tried: Host[] = [];
  #attempt: Attempt | undefined;
  #backoff: NodeJS.Timeout | undefined;
  /** Waits for a connection that the breaker allows. */
  #inQueue: (() => void) | undefined;
  /** The breaker counts a retry of this request. */
  #isCounted = false;

  constructor(options: TriesOptions, handler: TriesHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#upstream = options.upstream;
  }

  start(): void {
    this.#try();
  }

  /** Of an aggregate each member speaks its own. */
  get #version(): HttpVersion {
    return this.#upstream.versionFor(this.#options.clientVersion);
  }

  /** Ends what is under way; nobody hears of it any more. */
  stop(): void {
    clearTimeout(this.#backoff);
    this.#settleRetry();
    if (this.#inQueue) this.#upstream.breaker?.forget(this.#inQueue);
    this.#inQueue = undefined;
    this.#attempt?.abandon();
    this.#attempt = undefined;
  }

  /** The endpoint under way has not answered in time for the whole request. */
  reportTimeout(): void {
    this.#attempt?.upstream.report(this.#attempt.host, 504);
  }

  /** The try under way has had its time. */
  giveUpTry(): void {
    const attempt = this.#attempt;
    if (!attempt || attempt.headed) return;
    attempt.upstream.report(attempt.host, 504);
    attempt.abandon();
    this.#afterReset('perTryTimeout', attempt.started);
  }

  #try(): void {
    const { hash, keepsEndpoint, outcome } = this.#options;
    outcome.cluster = this.#upstream.name;
    const host = this.#upstream.pick(hash, keepsEndpoint ? [] : this.#tried);
    if (!host) {
      this.#handler.onGivenUp(replies.noHealthyUpstream);
      return;
    }
    outcome.host = host;
    const { breaker } = this.#upstream;
    if (!breaker) {
      this.#send(host, false);
      return;
    }
    const idle = host.isIdle(this.#version);
    const onTurn = () => {
      this.#inQueue = undefined;
      this.#handler.guard(() => this.#send(host, false));
    };
    const admission = breaker.enter(idle, onTurn);
    if (admission === 'go') this.#send(host, !idle);
    else if (admission === 'wait') this.#inQueue = onTurn;
    else this.#afterReset('overflow', false);
  }

  #send(host: Host, connecting: boolean): void {
    const { outcome, deadlines } = this.#options;
    const attempt = new Attempt(this, this.#upstream, host, connecting);
    const request = this.#handler.requestTo(host, ++outcome.attempts);
    if (!request) {
      attempt.abandon();
      this.#handler.onGivenUp(replies.loop);
      return;
    }
    this.#attempt = attempt;
    deadlines.tryBegins();
    host.dispatch(this.#version, request, attempt);
  }

  onHead(attempt: Attempt, status: number, rawHeaders: RawLines, isWhole: boolean): void {
    const { rules, deadlines } = this.#options;
    deadlines.tryEnds();
    attempt.upstream.report(attempt.host, status);
    const head = readResponseHead(rawHeaders);
    if (rules.retriesStatus(status, head.grpcStatus, head.overloaded) && this.#retry()) {
      this.#attempt = undefined;
      attempt.abandon();
      return;
    }
    this.#settleRetry();
    this.#handler.onAnswer(status, head, isWhole);
  }

  onData(attempt: Attempt, chunk: Buffer): boolean {
    return this.#handler.onData(chunk, () => attempt.resume());
  }

  onEnd(_: Attempt, trailers: RawLines): void {
    this.#attempt = undefined;
    this.#handler.onEnd(readTrailers(trailers));
  }

  onUpgrade(_: Attempt, headers: IncomingHttpHeaders, upstream: Duplex): void {
    this.#attempt = undefined;
    this.#handler.onUpgrade(headers, upstream);
  }

  onDefect(_: Attempt, error: unknown): void {
    this.#handler.guard(() => {
      throw error;
    });
  }

  onFailure(attempt: Attempt, error: Error): void {
    this.#attempt = undefined;
    this.#options.deadlines.tryEnds();
    const { reset, transport, unresolved } = failureOf(error, attempt.started);
    if (attempt.headed) {
      this.#handler.onBreak(reset);
      return;
    }
    attempt.upstream.report(attempt.host, 503);
    if (unresolved) this.#handler.onGivenUp(replies.noHealthyUpstream);
    else this.#afterReset(reset, attempt.started, transport);
  }

  #afterReset(reset: Reset, sent: boolean, transport?: string): void {
    this.#attempt = undefined;
    const { rules, outcome } = this.#options;
    if (rules.retriesReset(reset, sent) && this.#retry()) return;
    this.#handler.onGivenUp(replies.resetReply(reset, outcome.attempts > 1, transport));
  }

  /** Plans the next try. @returns false when there may be none. */
  #retry(): boolean {
    const { rules, outcome, deadlines, random, retriesAtNext } = this.#options;
    if (!this.#handler.isRepeatable() || rules.attempts === 0) return false;
    if (outcome.attempts > rules.attempts) {
      outcome.flags.push('URX');
      return false;
    }
    // The fallback's cluster sets no bound for its retries; those of its members do not count them.
    const breaker = retriesAtNext ? undefined : this.#upstream.breaker;
    this.#settleRetry();
    if (breaker && !breaker.retry()) {
      outcome.flags.push('UO');
      return false;
    }
    this.#isCounted = breaker !== undefined;
    if (outcome.host) this.#tried.push(outcome.host);
    deadlines.tryEnds();
    this.#backoff = setTimeout(
      () =>
        this.#handler.guard(() => {
          if (retriesAtNext) this.#moveOn();
          this.#try();
        }),
      backoffMs(outcome.attempts, random),
    );
    return true;
  }

  /** To the next member of the aggregate cluster. */
  #moveOn(): void {
    const { upstreams, cluster, address } = this.#options;
    this.#passed.push(this.#upstream.name);
    this.#upstream = upstreams.get(cluster, address, this.#passed) ?? this.#upstream;
  }

  #settleRetry(): void {
    if (this.#isCounted) this.#upstream.breaker?.retryEnded();
    this.#isCounted = false;
  }
}
