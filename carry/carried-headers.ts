/**
 * What a request carries on: the headers of the allow-list that came in with it. They belong to all work that the
 * request starts, however late, until it ends.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import { boundedBaggage } from './baggage.ts';
import { colorHeaderName } from './color.ts';

/** Names in lower case; a header that came on several lines is one value. */
export type CarriedHeaders = Readonly<Record<string, string>>;

/** The headers of a request as node:http and node:http2 give them. */
export type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** One in a process, also where a program and --import load this module from different places. */
const storageKey = Symbol.for('traffic-coloring.carried-headers');
const shared = globalThis as { [storageKey]?: AsyncLocalStorage<CarriedHeaders | undefined> };
shared[storageKey] ??= new AsyncLocalStorage();
const storage = shared[storageKey];

/** What the request now being served carries on; undefined outside of any request. */
export function carriedHeaders(): CarriedHeaders | undefined {
  return storage.getStore();
}

/**
 * Runs `work` as part of a request that carries these (undefined: of no request). Every asynchronous call that starts in it
 * is part of that request too.
 */
export function carry<T>(headers: CarriedHeaders | undefined, work: () => T): T {
  return storage.run(headers, work);
}

/** Of the headers that came in, those named (lower case); baggage as far as everybody carries it. */
export function takeIn(incoming: IncomingHeaders, names: readonly string[]): Record<string, string> {
  const perConnection = namedByConnection(incoming.connection);
  const taken: Record<string, string> = {};
  for (const name of names) {
    const value = incoming[name];
    // most are not there; of its own: `constructor` is a header name too
    if (value === undefined || !Object.hasOwn(incoming, name) || perConnection?.has(name)) continue;
    const text = typeof value === 'string' ? value : value.join(', ');
    taken[name] = name === 'baggage' ? boundedBaggage(text, colorHeaderName) : text;
  }
  return taken;
}

/** Headers that `Connection` declares hop-by-hop for this one message (RFC 9110 section 7.6.1). */
function namedByConnection(connection: string | string[] | undefined): Set<string> | undefined {
  // what nearly every request says; it names no header
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(
    String(connection)
      .split(',')
      .map((name) => name.trim().toLowerCase()),
  );
}

const carried = Symbol('carried headers');

type Emit = EventEmitter['emit'];
type BoundEmitter = EventEmitter & { [carried]?: CarriedHeaders };

/**
 * Makes listeners of a request, its response or its stream part of the request. Node calls them from the connection
 * (`end` of a body that came later, `finish`, `close`), which belongs to no request, or to the one that opened it.
 */
export function bindEvents(emitter: BoundEmitter, headers: CarriedHeaders): void {
  if (!parts.has(emitter.emit)) emitter.emit = emitAsPart(emitter.emit);
  emitter[carried] = headers;
}

/**
 * Spares {@link bindEvents} a property of its own on each emitter of a class, which would give them another shape than
 * those that Node has its code compiled for.
 */
export function prepareToBind(prototype: EventEmitter): void {
  if (!parts.has(prototype.emit)) prototype.emit = emitAsPart(prototype.emit);
}

const emitters = new WeakMap<Emit, Emit>();
const parts = new WeakSet<Emit>();

/** An emit that runs as part of the request that its emitter belongs to, if to any. */
function emitAsPart(emit: Emit): Emit {
  const known = emitters.get(emit);
  if (known) return known;
  const part: Emit = function (this: BoundEmitter, ...event) {
    const headers = this[carried];
    if (headers === undefined || storage.getStore() === headers || this.listenerCount(event[0]) === 0)
      return emit.apply(this, event);
    return storage.run(headers, () => emit.apply(this, event));
  };
  emitters.set(emit, part);
  parts.add(part);
  return part;
}
