/** Takes the headers in, for every server of node:http, node:https and node:http2 in this process. */
import type { EventEmitter } from 'node:events';
import http, { IncomingMessage, ServerResponse } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { bindEvents, carry, type IncomingHeaders, prepareToBind, takeIn } from './carried-headers.ts';

type Emit = EventEmitter['emit'];

/** The events of a server of HTTP/1.1 that begin a request: request, and response or socket (upgrade, CONNECT). */
const http1Requests = new Set<string | symbol>([
  'request',
  'checkContinue',
  'checkExpectation',
  'upgrade',
  'connect',
]);

/**
 * What a server emits for a request runs as part of it. There are diagnostics channels for this too, but none for
 * upgrades, and for HTTP/2 none before Node 22.
 */
export function takeInEverywhere(names: readonly string[]): void {
  const part = (headers: IncomingHeaders, emitters: readonly unknown[], emit: () => boolean): boolean => {
    const taken = takeIn(headers, names);
    for (const emitter of emitters) bindEvents(emitter as EventEmitter, taken);
    return carry(taken, emit);
  };

  const http1 = (emit: Emit): Emit =>
    function (this: EventEmitter, event, ...args) {
      if (!http1Requests.has(event)) return emit.call(this, event, ...args);
      const [request, responseOrSocket] = args as [IncomingMessage, EventEmitter];
      // HTTP/2's compatible API: its stream has begun the request already
      if (request.httpVersionMajor !== 1) return emit.call(this, event, ...args);
      return part(request.headers, [request, responseOrSocket], () => emit.call(this, event, ...args));
    };

  const http2Too = (emit: Emit): Emit =>
    function (this: EventEmitter, event, ...args) {
      if (event !== 'stream') return emit.call(this, event, ...args);
      const [stream, headers] = args as [EventEmitter, IncomingHeaders];
      return part(headers, [stream], () => emit.call(this, event, ...args));
    };

  for (const { prototype } of [IncomingMessage, ServerResponse]) prepareToBind(prototype);
  for (const { prototype } of [http.Server, https.Server]) prototype.emit = http1(prototype.emit);
  for (const name of ['createServer', 'createSecureServer'] as const) {
    const create = http2[name] as (...args: unknown[]) => EventEmitter;
    http2[name] = function (this: unknown, ...args: unknown[]) {
      const server = create.apply(this, args);
      server.emit = http2Too(http1(server.emit));
      return server;
    } as never;
  }
}
