/** Whether one match takes every request that another one takes. */
import type { HttpMatch, StringMatch, UriMatch, ValueMatch } from '../rules/model.ts';

/** True where each condition of `a` follows from those of `b`; false also where that cannot be told. */
export function covers(a: HttpMatch, b: HttpMatch): boolean {
  return (
    coversUri(a, b) &&
    coversString(a.scheme, b.scheme) &&
    coversString(a.method, b.method) &&
    coversString(a.authority, b.authority) &&
    (a.port === undefined || a.port === b.port) &&
    (a.sourceNamespace === undefined || a.sourceNamespace === b.sourceNamespace) &&
    (a.gateways === undefined || (b.gateways?.every((gateway) => a.gateways?.includes(gateway)) ?? false)) &&
    Object.entries(a.sourceLabels).every(([key, value]) => b.sourceLabels[key] === value) &&
    coversValues(a.headers, b.headers) &&
    coversValues(a.queryParams, b.queryParams) &&
    [...a.withoutHeaders].every(([name, match]) => sameValue(match, b.withoutHeaders.get(name)))
  );
}

/** Whether it takes every request that comes to the host at all. */
export function coversEverything(match: HttpMatch): boolean {
  return covers(match, everything);
}

const everything: HttpMatch = {
  place: { file: '', line: 1 },
  ignoreUriCase: false,
  headers: new Map(),
  withoutHeaders: new Map(),
  queryParams: new Map(),
  sourceLabels: {},
};

function coversUri(a: HttpMatch, b: HttpMatch): boolean {
  if (!a.uri || takesEveryPath(a.uri)) return true;
  if (a.ignoreUriCase !== b.ignoreUriCase || !b.uri) return false;
  if (a.uri.type === 'pathPrefix') return coversBelow(a.uri.value, b.uri);
  if (b.uri.type !== 'pathPrefix') return coversString(a.uri, b.uri);
  // What lies below a path begins with it.
  return a.uri.type === 'prefix' && b.uri.value.startsWith(a.uri.value);
}

/** A plain prefix may take `/shopping`, which is not below `/shop`. */
function coversBelow(path: string, uri: UriMatch): boolean {
  if (uri.type === 'regex') return false;
  const isBelow = uri.value.startsWith(`${path}/`);
  return isBelow || (uri.type !== 'prefix' && uri.value === path);
}

function takesEveryPath(uri: UriMatch): boolean {
  if (uri.type === 'prefix') return uri.value === '' || uri.value === '/';
  return uri.type === 'regex' && (uri.value === '.*' || uri.value === '/.*');
}

function coversString(a: StringMatch | undefined, b: StringMatch | undefined): boolean {
  if (!a) return true;
  if (!b) return false;
  if (a.type === 'prefix') return b.type !== 'regex' && b.value.startsWith(a.value);
  if (a.type === 'regex') return b.type === 'exact' ? a.regex.matches(b.value) : sameValue(a, b);
  return sameValue(a, b);
}

function coversValues(a: ReadonlyMap<string, ValueMatch>, b: ReadonlyMap<string, ValueMatch>): boolean {
  for (const [name, match] of a) {
    const other = b.get(name);
    if (!other) return false;
    if (match.type === 'present') continue;
    if (other.type === 'present' || !coversString(match, other)) return false;
  }
  return true;
}

function sameValue(a: ValueMatch, b: ValueMatch | undefined): boolean {
  if (a.type === 'present' || !b || b.type === 'present') return a.type === b?.type;
  return a.type === b.type && a.value === b.value;
}
