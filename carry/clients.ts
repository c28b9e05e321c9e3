/** Sends the headers on, in code: what to do to each client, once. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { carriedHeaders } from './carried-headers.ts';
import type { InMesh } from './in-mesh.ts';
import { addToUndiciRequests } from './outgoing-undici.ts';
import { type AxiosCall, headersOfHops } from './redirects.ts';
import { addMissing, type CarrySettings, readSettings, settingsOf } from './settings.ts';

type Fetch = typeof globalThis.fetch;

/** A fetch that sends the headers on, also where a redirect leads, if that is inside the mesh. */
export function carryingFetch(
  settings: CarrySettings = settingsOf(process.env),
  fetch: Fetch = globalThis.fetch,
): Fetch {
  const { inMesh } = readSettings(settings);
  const asked = new AsyncLocalStorage<true>();
  // fetch sends the headers that it is given to wherever a redirect leads: they are added to each request instead
  addToUndiciRequests((host, scheme) => asked.getStore() === true && inMesh(host, scheme));
  return (...args) => asked.run(true, () => fetch(...args));
}

/** What this needs of axios, or of an instance of it. */
interface AxiosLike<C> {
  getUri: (config: C) => string;
  interceptors: { request: { use: (onRequest: (config: C) => C) => unknown } };
}

/** Has a client of axios, or axios itself, send the headers on; returns it. */
export function carryByAxios<
  C extends AxiosCall & { headers: { set: (headers: Record<string, string>) => unknown } },
  A extends AxiosLike<C>,
>(client: A & AxiosLike<C>, settings: CarrySettings = settingsOf(process.env)): A {
  const { inMesh } = readSettings(settings);
  client.interceptors.request.use((config) => {
    const hops = headersOfHops(config, client.getUri(config), (origin) => headersFor(origin, inMesh));
    config.headers.set(hops.first);
    config.beforeRedirect = hops.beforeRedirect;
    return config;
  });
  return client;
}

/** What an interceptor of undici sees of a request. */
interface DispatchOptions {
  origin?: string | URL | undefined;
  path: string;
  headers?: unknown;
}
type Dispatch<O, H> = (options: O, handler: H) => boolean;

/**
 * An interceptor of undici that sends the headers on: `new Agent().compose(undiciCarry())`. A Pool or a Client does not
 * tell its interceptors where it leads: `new Pool(origin).compose(undiciCarry({ origin }))`.
 */
export function undiciCarry(
  { origin: fixedOrigin, ...settings }: CarrySettings & { origin?: string } = settingsOf(process.env),
): <O extends DispatchOptions, H>(dispatch: Dispatch<O, H>) => Dispatch<O, H> {
  const { inMesh } = readSettings(settings);
  return (dispatch) => (options, handler) => {
    const origin = options.origin ?? fixedOrigin;
    if (origin === undefined)
      throw new Error('undiciCarry: give { origin }: a Pool or a Client does not tell it');
    const carried = headersFor(new URL(origin).origin, inMesh);
    if (!carried) return dispatch(options, handler);
    const given = pairsOf(options.headers);
    const there = new Set(given.map(([name]) => name.toLowerCase()));
    const added = Object.entries(carried).filter(([name]) => !there.has(name));
    return dispatch({ ...options, headers: [...given, ...added].flat() }, handler);
  };
}

/** undici takes headers as a list of names and values in turn, as pairs, or as an object. */
function pairsOf(headers: unknown): [string, unknown][] {
  if (headers === undefined || headers === null) return [];
  if (Array.isArray(headers) && !Array.isArray(headers[0])) {
    return headers.flatMap((name, i) => (i % 2 === 0 ? [[String(name), headers[i + 1]]] : []));
  }
  if (Symbol.iterator in Object(headers)) return [...(headers as Iterable<[string, unknown]>)];
  return Object.entries(headers);
}

/** What a request to this origin gets, if it is in the mesh. */
function headersFor(origin: string, inMesh: InMesh): Record<string, string> | undefined {
  const headers = carriedHeaders();
  if (!headers || !inMesh(origin)) return undefined;
  const added: Record<string, string> = {};
  addMissing(
    headers,
    () => false,
    (name, value) => {
      added[name] = value;
    },
  );
  return added;
}
