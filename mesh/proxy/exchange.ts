/** The client's side of one request: read, decided, answered, logged; Envoy's connection manager. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { decisionOn, find } from '../routing/decide.ts';
import type { Decision, ProxyIdentity } from '../routing/decision.ts';
import type { RouteTable } from '../routing/table.ts';
import type { AccessLogEntry, ResponseFlag } from './access-log.ts';
import type { ClientRequest, ClientResponse } from './client.ts';
import { abortFor, delayFor } from './fault.ts';
import { type Downstream, Forwarding, type UpstreamSide } from './forwarding.ts';
import { inGrpc, isGrpc } from './grpc.ts';
import { changeHeaders, type HeaderLines, removeHopByHop } from './headers.ts';
import { maxHeaderLines } from './limits.ts';
import * as replies from './local-reply.ts';
import { Outcome } from './outcome.ts';
import { type Incoming, readRequest } from './request-lines.ts';
import { planFor, type RoutePlan } from './route-plan.ts';
import { type Target, targetOf } from './target.ts';
import { timerMs } from './timer.ts';
import { isEmptyOffer, isWebSocket, joinSockets, switchingProtocols } from './upgrade.ts';
import { toWire } from './wire.ts';

/** What an exchange has to know of the proxy that took its request. */
export interface ProxySide extends UpstreamSide {
  readonly identity: ProxyIdentity;
  readonly serverName: string;
  /** The port that requests come in on, at a gateway. */
  readonly gatewayPort: number;
  readonly table: RouteTable;
  /** A request is over. @param toEntry what there is to tell of it */
  ended(toEntry: () => AccessLogEntry): void;
}

export class Exchange implements Downstream {
  readonly req: ClientRequest;
  readonly upgrade: boolean;
  readonly outcome = new Outcome();
  answered = false;
  readonly #proxy: ProxySide;
  readonly #res: ClientResponse;
  #incoming: Incoming | undefined;
  #decision: Decision | undefined;
  #delay: NodeJS.Timeout | undefined;
  #forwarding: Forwarding | undefined;
  #ended = false;
  #draining = false;
  #isCut = false;

  /** @param upgrade the client asks for another protocol on this connection. */
  constructor(proxy: ProxySide, req: ClientRequest, res: ClientResponse, upgrade: boolean) {
    this.#proxy = proxy;
    this.req = req;
    this.#res = res;
    this.upgrade = upgrade;
  }

  start(): void {
    this.#res.on('close', () => this.#close());
    this.guard(() => {
      const unread = this.#unreadable();
      const target = unread ? { refused: unread } : targetOf(this.req, this.#proxy.identity.type);
      if ('refused' in target) this.reply(target.refused);
      else if (this.#asksForUnknown()) this.reply(replies.upgradeNotAllowed);
      else this.#read(target);
    });
  }

  #asksForUnknown(): boolean {
    return this.upgrade ? !isWebSocket(this.req) : isEmptyOffer(this.req);
  }

  guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The last wall: a defect of the mesh ends the request that met it, and not the process. */
  #fail(error: unknown): void {
    this.outcome.defect = error instanceof Error ? (error.stack ?? String(error)) : String(error);
    if (this.#res.headersSent || this.#ended) {
      this.cut(undefined, replies.defect.details);
      return;
    }
    this.answered = false;
    this.#decision = undefined; // its headers may be what broke
    this.reply(replies.defect);
  }

  /** Why Envoy does not even look where the request wants to go. */
  #unreadable(): replies.LocalReply | undefined {
    const { httpVersion, rawHeaders, headers } = this.req;
    if (httpVersion !== '1.1' && httpVersion !== '2') return replies.lowVersion;
    if (rawHeaders.length > 2 * maxHeaderLines) return replies.tooManyHeaders;
    const encoding = headers['transfer-encoding'];
    if (encoding !== undefined && !/^chunked$/i.test(encoding)) return replies.invalidTransferEncoding;
    return undefined;
  }

  #read(target: Target): void {
    const { identity, gatewayPort, table, random } = this.#proxy;
    const port = target.address?.port ?? gatewayPort;
    const incoming = readRequest(this.req, target, { proxy: identity, port, upgrade: this.upgrade });
    const found = find(table, incoming.head);
    incoming.head = found.head;
    const decision = decisionOn(found, random);
    this.#incoming = incoming;
    this.#decision = decision;
    const plan = planFor(decision);
    if (plan.fault) this.#injectFault(incoming, decision, plan);
    else this.#carryOut(incoming, decision, plan);
  }

  #injectFault(incoming: Incoming, decision: Decision, plan: RoutePlan): void {
    const { fault } = plan;
    const { random } = this.#proxy;
    const afterDelay = () => {
      const abort = abortFor(fault, random);
      if (abort === undefined) this.#carryOut(incoming, decision, plan);
      else this.reply(replies.faultAbort(abort));
    };
    const delayMs = delayFor(fault, random);
    if (delayMs === 0) {
      afterDelay();
      return;
    }
    this.outcome.flags.push('DI');
    this.#delay = setTimeout(() => this.guard(afterDelay), timerMs(delayMs));
  }

  #carryOut(incoming: Incoming, decision: Decision, plan: RoutePlan): void {
    switch (decision.type) {
      case 'forward':
        this.#forwarding = new Forwarding(this.#proxy, this, { incoming, decision, plan });
        this.#forwarding.start();
        break;
      case 'redirect':
        this.#direct(decision.status, '', ['location', toWire(decision.location)], decision);
        break;
      case 'direct':
        this.#direct(decision.status, decision.body, [], decision);
        break;
      case 'badPath':
        this.reply(replies.badPath);
        break;
      case 'noRoute':
        this.reply(replies.noRoute);
        break;
      case 'blocked':
        this.reply(replies.blockedEgress);
        break;
    }
  }

  #direct(
    status: number,
    body: string,
    headers: HeaderLines,
    { responseHeaders }: Extract<Decision, { type: 'redirect' | 'direct' }>,
  ): void {
    changeHeaders(headers, responseHeaders, toWire);
    this.reply({ status, body, headers, details: 'direct_response' });
  }

  reply(local: replies.LocalReply): void {
    if (this.answered || this.#ended) return;
    const asGrpc = isGrpc(this.req.headers['content-type']);
    const {
      status,
      body,
      flag,
      details,
      transportFailure,
      headers = [],
      close,
    } = asGrpc ? inGrpc(local) : local;
    this.answered = true;
    this.#forwarding?.stop();
    if (flag) this.outcome.flags.push(flag);
    this.outcome.details = details;
    this.outcome.transportFailure = transportFailure;
    this.outcome.bytesSent = Buffer.byteLength(body);
    const lines = [...headers];
    if (!asGrpc || this.req.httpVersion !== '2') lines.push('content-length', String(this.outcome.bytesSent));
    if (body) lines.push('content-type', 'text/plain');
    // What a proxy answers in place of an upstream carries the route's headers too, an injected abort as well.
    if (this.#decision?.type === 'forward') changeHeaders(lines, this.#decision.responseHeaders, toWire);
    this.#writeHead(status, lines, { close, isWhole: body === '' });
    this.#res.end(body);
  }

  answer(status: number, lines: HeaderLines, isWhole: boolean): void {
    this.answered = true;
    this.#writeHead(status, lines, { isWhole });
    // What came along with the head goes out along with it.
    process.nextTick(this.#flush);
  }

  /** An answer whose body takes its time, such as server-sent events, is not waited for. */
  readonly #flush = () => {
    if (this.outcome.bytesSent === 0 && !this.#res.writableEnded) this.#res.flushHeaders?.();
  };

  /** @param isWhole nothing comes behind it */
  #writeHead(
    status: number,
    lines: HeaderLines,
    { close, isWhole }: { close?: boolean | undefined; isWhole: boolean },
  ): void {
    this.outcome.status = status;
    removeHopByHop(lines);
    lines.push('server', this.#proxy.serverName);
    if (close && this.req.httpVersion !== '2') lines.push('connection', 'close');
    if (isWhole && this.#res.writeWhole) this.#res.writeWhole(status, lines);
    else this.#res.writeHead(status, lines);
  }

  write(chunk: Buffer, onRoom: () => void): boolean {
    this.outcome.bytesSent += chunk.length;
    if (this.#res.write(chunk)) return true;
    if (!this.#draining) {
      this.#draining = true;
      this.#res.on('drain', onRoom);
    }
    return false;
  }

  end(trailers: HeaderLines): void {
    if (trailers.length > 0) this.#res.setTrailers?.(trailers);
    this.#res.end();
  }

  switchProtocols(headers: IncomingHttpHeaders, upstream: Duplex): void {
    this.answered = true;
    this.outcome.status = 101;
    const client = this.req.socket;
    client.write(switchingProtocols(headers, this.#proxy.serverName));
    joinSockets(client, upstream);
  }

  /** Ends an answer that has begun and cannot be finished: the client sees its connection close. */
  cut(flag: ResponseFlag | undefined, details: string): void {
    this.#isCut = true;
    if (flag) this.outcome.flags.push(flag);
    this.outcome.details = details;
    this.#res.destroy();
  }

  /** The answer is out, or the client is gone. */
  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { outcome } = this;
    if (!this.#res.writableEnded && !this.#isCut && outcome.status !== 101) {
      outcome.flags.push('DC');
      outcome.details = 'downstream_remote_disconnect';
    }
    clearTimeout(this.#delay);
    this.#forwarding?.stop();
    const { identity } = this.#proxy;
    this.#proxy.ended(() => outcome.toEntry(identity, this.req, this.#incoming, this.#decision));
  }
}
