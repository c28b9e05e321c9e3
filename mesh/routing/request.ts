/** A request's head as conditions ask for it: each part worked out at most once. */
import type { RequestHead } from './decision.ts';

export class RequestView {
  readonly head: RequestHead;
  /** Without the query: what `uri` conditions see. */
  readonly path: string;
  #query: Map<string, string> | undefined;

  constructor(head: RequestHead) {
    this.head = head;
    const end = head.path.indexOf('?');
    this.path = end === -1 ? head.path : head.path.slice(0, end);
  }

  /** The values of a header, one for each line it came on; `host` is `:authority`, as in Envoy's header map. */
  header(name: string): readonly string[] {
    switch (name) {
      case 'host':
      case ':authority':
        return [this.head.authority];
      case ':method':
        return [this.head.method];
      case ':scheme':
        return [this.head.scheme];
      case ':path':
        return [this.head.path];
    }
    const value = Object.hasOwn(this.head.headers, name) ? this.head.headers[name] : undefined;
    if (value === undefined) return [];
    return typeof value === 'string' ? [value] : value;
  }

  /** The first value of a query parameter, not decoded: Envoy compares the bytes that came. */
  queryParam(name: string): string | undefined {
    this.#query ??= parseQuery(this.head.path);
    return this.#query.get(name);
  }
}

function parseQuery(path: string): Map<string, string> {
  const params = new Map<string, string>();
  const start = path.indexOf('?');
  if (start === -1) return params;
  for (const pair of path.slice(start + 1).split('&')) {
    const equals = pair.indexOf('=');
    const name = equals === -1 ? pair : pair.slice(0, equals);
    if (!params.has(name)) params.set(name, equals === -1 ? '' : pair.slice(equals + 1));
  }
  return params;
}
