/** Puts the headers on every request of undici, the npm package or the one in Node: fetch is one of its callers. */
import { AsyncResource } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { authorityOf } from './authority.ts';
import { carriedHeaders } from './carried-headers.ts';
import type { InMesh } from './in-mesh.ts';
import { addMissing } from './settings.ts';

/** What undici publishes: https://undici.nodejs.org/#/docs/api/DiagnosticsChannel. */
interface UndiciRequest {
  method: string;
  origin: string | URL;
  path: string;
  /** The Host header, if the program set it. */
  host: string | null;
  /** Names and values in turn; in undici 5 one text. */
  headers: string | readonly unknown[];
  addHeader: (name: string, value: string) => void;
}

/**
 * What undici calls on its request when something of the answer arrives, in versions 5 to 8; from there its callers
 * learn it. It arrives on a connection, which belongs to the request that opened it.
 */
const callbacks = [
  'onHeaders',
  'onData',
  'onComplete',
  'onError',
  'onUpgrade',
  'onResponseStart',
  'onResponseData',
  'onResponseEnd',
  'onResponseError',
  'onRequestUpgrade',
];

type Callback = (this: { [caller]?: AsyncResource }, ...args: unknown[]) => unknown;

const caller = Symbol('caller');
const changed = new WeakSet<object>();

/** Has the callbacks of this request called as part of what calls for it now. They are replaced in its class, once. */
function bindCallbacks(request: UndiciRequest & { [caller]?: AsyncResource }): void {
  request[caller] = new AsyncResource('CARRY');
  const methods = Object.getPrototypeOf(request) as Record<string, Callback>;
  if (changed.has(methods)) return;
  changed.add(methods);
  for (const name of callbacks) {
    const method = methods[name];
    if (!method) continue;
    methods[name] = function (...args) {
      return this[caller] ? this[caller].runInAsyncScope(method, this, ...args) : method.apply(this, args);
    };
  }
}

export function addToUndiciRequests(inMesh: InMesh): void {
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: UndiciRequest };
    const headers = carriedHeaders();
    bindCallbacks(request);
    if (headers === undefined || request.method === 'CONNECT') return;
    const origin = String(request.origin);
    const isPlain = request.host === null && request.path.startsWith('/');
    const isIn = isPlain
      ? inMesh(origin)
      : inMesh(
          authorityOf(request.path, request.host, origin.slice(origin.indexOf('://') + 3)),
          origin.startsWith('https:') ? 'https' : 'http',
        );
    if (!isIn) return;
    addMissing(
      headers,
      (name) => isThere(request.headers, name),
      (name, value) => request.addHeader(name, value),
    );
  });
}

function isThere(headers: UndiciRequest['headers'], name: string): boolean {
  if (typeof headers === 'string') return `\r\n${headers}`.toLowerCase().includes(`\r\n${name}:`);
  for (let i = 0; i < headers.length; i += 2) {
    if (String(headers[i]).toLowerCase() === name) return true;
  }
  return false;
}
