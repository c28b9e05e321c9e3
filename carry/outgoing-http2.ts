/** Puts the headers on every request of node:http2. */
import http2 from 'node:http2';
import { carriedHeaders } from './carried-headers.ts';
import type { InMesh, Scheme } from './in-mesh.ts';
import { addMissing } from './settings.ts';

type Headers = Record<string, unknown>;
type Send = (headers?: Headers | unknown[], ...rest: unknown[]) => unknown;

/** Wraps `connect`, so that each session's `request` adds to what it sends. */
export function addToHttp2Requests(inMesh: InMesh): void {
  const connect = http2.connect as (authority: unknown, ...rest: unknown[]) => { request: Send };
  http2.connect = function (this: unknown, authority: unknown, ...rest: unknown[]) {
    const session = connect.call(this, authority, ...rest);
    const url = authority instanceof URL ? authority : new URL(String(authority));
    session.request = adding(session.request, url.host, url.protocol === 'http:' ? 'http' : 'https', inMesh);
    return session;
  } as never;
}

function adding(send: Send, connectsTo: string, scheme: Scheme, inMesh: InMesh): Send {
  return function (this: unknown, headers = {}, ...rest) {
    const carried = carriedHeaders();
    if (carried === undefined) return send.call(this, headers, ...rest);
    const there = Array.isArray(headers) ? objectOf(headers) : headers;
    const added: Record<string, string> = {};
    if (mayHave(there) && inMesh(String(there[':authority'] ?? there.host ?? connectsTo), scheme)) {
      const names = new Set(Object.keys(there).map((name) => name.toLowerCase()));
      addMissing(
        carried,
        (name) => names.has(name),
        (name, value) => {
          added[name] = value;
        },
      );
    }
    const all = Array.isArray(headers)
      ? [...headers, ...Object.entries(added).flat()]
      : { ...headers, ...added };
    return send.call(this, all, ...rest);
  };
}

function mayHave(headers: Headers): boolean {
  // a tunnel is between this process and a proxy; one with :protocol is a WebSocket, a request like others
  if (headers[':method'] === 'CONNECT' && headers[':protocol'] === undefined) return false;
  // grpc-js sends calls that waited for a connection from wherever it was made: see grpc.ts
  return !String(headers['content-type'] ?? '').startsWith('application/grpc');
}

function objectOf(list: readonly unknown[]): Headers {
  const headers: Headers = {};
  for (let i = 0; i < list.length; i += 2) headers[String(list[i]).toLowerCase()] = list[i + 1];
  return headers;
}
