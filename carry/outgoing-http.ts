/** Puts the headers on every request of node:http and node:https. */
import http, { type ClientRequest, type RequestOptions } from 'node:http';
import https from 'node:https';
import { authorityOf } from './authority.ts';
import { type CarriedHeaders, carriedHeaders } from './carried-headers.ts';
import type { InMesh, Scheme } from './in-mesh.ts';
import { addMissing } from './settings.ts';

type Send = (...args: unknown[]) => ClientRequest;

/** Wraps `request` and `get` of both modules. */
export function addToHttpRequests(inMesh: InMesh): void {
  for (const [module, scheme] of [
    [http, 'http'],
    [https, 'https'],
  ] as const) {
    const original = module.request as Send;
    const request: Send = function (this: unknown, ...args) {
      const headers = carriedHeaders();
      if (headers === undefined) return original.apply(this, args);
      const made = original.apply(this, completed(args, headers, inMesh, scheme));
      if (!made.headersSent && isInMesh(made, inMesh, scheme)) {
        addMissing(
          headers,
          (name) => made.hasHeader(name),
          (name, value) => made.setHeader(name, value),
        );
      }
      return made;
    };
    module.request = request as typeof module.request;
    module.get = function get(this: unknown, ...args: unknown[]) {
      const made = request.apply(this, args);
      made.end();
      return made;
    } as typeof module.get;
  }
}

function isInMesh(request: ClientRequest & { socketPath?: string }, inMesh: InMesh, scheme: Scheme): boolean {
  // a tunnel is between this process and a proxy, a socket of the file system leads to no mesh
  if (request.method === 'CONNECT' || request.socketPath) return false;
  return inMesh(authorityOf(request.path, request.getHeader('host'), request.host), scheme);
}

/**
 * Node writes the head at once, before anything can be added, when headers come as a list or ask for 100-continue:
 * for those the arguments with the headers in them, for all others the arguments as they are.
 */
function completed(args: unknown[], carried: CarriedHeaders, inMesh: InMesh, scheme: Scheme): unknown[] {
  const at = typeof args[0] === 'string' || args[0] instanceof URL ? 1 : 0;
  const options = args[at] as RequestOptions | undefined;
  const given = options?.headers;
  if (!given || options.socketPath || options.method === 'CONNECT') return args;
  const isList = Array.isArray(given);
  if (!isList && !('expect' in given || 'Expect' in given)) return args;

  const pairs = isList ? pairsOf(given) : Object.entries(given);
  const there = new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  const url = at === 1 ? urlOf(args[0]) : undefined;
  const host = options.hostname ?? url?.hostname ?? options.host ?? 'localhost';
  const port = options.port ?? url?.port;
  const authority = authorityOf(
    options.path ?? undefined,
    there.get('host'),
    port ? `${host}:${port}` : host,
  );
  if (!inMesh(authority, scheme)) return args;
  const added: [string, string][] = [];
  addMissing(
    carried,
    (name) => there.has(name),
    (name, value) => added.push([name, value]),
  );
  const headers = isList
    ? [...given, ...(Array.isArray(given[0]) ? added : added.flat())]
    : { ...given, ...Object.fromEntries(added) };
  return args.with(at, { ...options, headers });
}

function pairsOf(list: readonly unknown[]): [string, unknown][] {
  if (Array.isArray(list[0])) return list as [string, unknown][];
  return list.flatMap((name, i) => (i % 2 === 0 ? [[String(name), list[i + 1]]] : []));
}

/** Of what is no URL Node itself will tell. */
function urlOf(url: unknown): URL | undefined {
  if (url instanceof URL) return url;
  return URL.canParse(String(url)) ? new URL(String(url)) : undefined;
}
