/** Puts the headers on every request of undici, the npm package or the one in Node: fetch is one of its callers. */
import { subscribe } from 'node:diagnostics_channel';
import { authorityOf } from './authority.ts';
import { bindMethods, carriedHeaders } from './carried-headers.ts';
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
const CALLBACKS = [
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

export function addToUndiciRequests(inMesh: InMesh): void {
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: UndiciRequest };
    const headers = carriedHeaders();
    bindMethods(request, CALLBACKS);
    if (headers === undefined || request.method === 'CONNECT') return;
    const origin = String(request.origin);
    const authority = authorityOf(request.path, request.host, origin.slice(origin.indexOf('://') + 3));
    if (!inMesh(authority, origin.startsWith('https:') ? 443 : 80)) return;
    const names = namesOf(request.headers);
    addMissing(
      headers,
      (name) => names.has(name),
      (name, value) => request.addHeader(name, value),
    );
  });
}

function namesOf(headers: UndiciRequest['headers']): Set<string> {
  if (typeof headers === 'string') {
    return new Set(headers.split('\r\n').map((line) => line.slice(0, line.indexOf(':')).toLowerCase()));
  }
  return new Set(headers.filter((_, i) => i % 2 === 0).map((name) => String(name).toLowerCase()));
}
