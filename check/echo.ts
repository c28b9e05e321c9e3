/**
 * The upstream of the conformance cases: answers with what arrived and remembers it. It stands for any number
 * of endpoints of any services, one port each, and has no dependency, so that the same file runs in this
 * process and, copied into a pod, inside a cluster. The real pair cannot stand in here: rules change method,
 * path and authority, and call an upstream that never answers its caller (mirrors, retries).
 */
import { once } from 'node:events';
import http from 'node:http';
import { type HeaderLines, pairs } from './agent.ts';

/** Who answers on a port. */
export interface Part {
  service: string;
  version: string;
  /** Unique within the service: `release-0`. */
  endpoint: string;
  /** Misbehaviour of this endpoint, in the words of the header `x-echo`. */
  behaviour: string;
}

/** One request as it arrived. */
export interface Arrival extends Omit<Part, 'behaviour'> {
  method: string;
  path: string;
  authority: string;
  headers: HeaderLines;
  body: string;
}

/** The header that names a request in the record of calls, and the one that asks for misbehaviour. */
export const checkHeader = 'x-check';
export const echoHeader = 'x-echo';

/**
 * What `x-echo` may ask for, several with blanks between: `status=503`, `delay=300` (ms), `close=before` (the
 * connection, without an answer), `close=within` (in the middle of one), `first=2` (only the first two calls of
 * a request at a version do all that), `at=release-v1` (only that version does).
 */
interface Behaviour {
  status?: number;
  delay?: number;
  close?: string;
  first?: number;
  at?: string;
}

export class Echo {
  readonly #servers = new Map<number, { server: http.Server; part: Part }>();
  readonly #calls = new Map<string, Arrival[]>();
  readonly #host: string;

  /** @param host address to listen on */
  constructor(host: string) {
    this.#host = host;
  }

  /** Listens on a port for one endpoint; 0 takes any free one. Ends with the port. */
  async play(part: Part, port: number): Promise<number> {
    const playing = this.#servers.get(port);
    if (playing) {
      playing.part = part;
      return port;
    }
    const entry = {
      part,
      server: http.createServer((request, response) => this.#answer(entry.part, request, response)),
    };
    // Longer than any proxy keeps a connection, so that no case meets a connection about to be closed.
    entry.server.keepAliveTimeout = 3_700_000;
    entry.server.listen(port, this.#host);
    await once(entry.server, 'listening');
    const actual = (entry.server.address() as { port: number }).port;
    this.#servers.set(actual, entry);
    return actual;
  }

  /** What arrived so far of the requests with these ids, and forgets it. */
  takeCalls(ids: readonly string[]): Record<string, Arrival[]> {
    const taken = Object.fromEntries(ids.map((id) => [id, this.#calls.get(id) ?? []]));
    for (const id of ids) this.#calls.delete(id);
    return taken;
  }

  /** Listens on a port no more. */
  async stop(port: number): Promise<void> {
    const server = this.#servers.get(port)?.server;
    this.#servers.delete(port);
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.keys()].map((port) => this.stop(port)));
  }

  async #answer(part: Part, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = '';
    request.setEncoding('utf8');
    try {
      for await (const chunk of request) body += chunk;
    } catch {
      return; // The caller went away while it was sending.
    }
    const arrival: Arrival = {
      service: part.service,
      version: part.version,
      endpoint: part.endpoint,
      method: request.method ?? '',
      path: request.url ?? '',
      authority: request.headers.host ?? '',
      headers: pairs(request.rawHeaders),
      body,
    };
    const id = String(request.headers[checkHeader] ?? '');
    const calls = this.#calls.get(id) ?? [];
    calls.push(arrival);
    this.#calls.set(id, calls);
    const nth = calls.filter((call) => call.service === part.service && call.version === part.version).length;
    const asked = parseBehaviour(`${part.behaviour} ${request.headers[echoHeader] ?? ''}`);
    const applies =
      (asked.at === undefined || asked.at === part.version) &&
      (asked.first === undefined || nth <= asked.first);
    const { delay, close, status } = applies ? asked : ({} as Behaviour);
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
    if (close === 'before') {
      request.socket.destroy();
      return;
    }
    const answer = JSON.stringify({ echo: arrival });
    response.writeHead(status ?? 200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
      'x-upstream': part.version,
    });
    if (close === 'within') {
      response.write(answer.slice(0, 10), () => request.socket.destroy());
      return;
    }
    response.end(answer);
  }
}

function parseBehaviour(words: string): Behaviour {
  const asked = Object.fromEntries(
    words
      .split(/[ ,]+/)
      .filter((word) => word.includes('='))
      .map((word) => word.split('=', 2)),
  );
  const number = (text?: string) => (text === undefined ? undefined : Number(text));
  return {
    status: number(asked.status),
    delay: number(asked.delay),
    first: number(asked.first),
    close: asked.close,
    at: asked.at,
  };
}
