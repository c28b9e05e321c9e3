/**
 * Which rule of HTTPRoutes comes first: by path (exact, prefix, regular expression; the longer first), then with a
 * method, then by the number of headers, then of query parameters; else the older HTTPRoute's
 * (https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule; conversion.go, sortHTTPRoutes).
 */
import type { HttpMatch, HttpRoute, UriMatch } from '../../rules/model.ts';

const ranks: Readonly<Record<UriMatch['type'], number>> = { exact: 3, prefix: 2, pathPrefix: 2, regex: 1 };

/** Those that are alike keep their order. Each has one match, as an HTTPRoute's is split into, or none: it is the last. */
export function inOrderOfPrecedence(routes: readonly HttpRoute[]): HttpRoute[] {
  return [...routes].sort((a, b) => {
    const [x, y] = [a.match[0], b.match[0]];
    return x && y ? byPrecedence(x, y) : Number(!x) - Number(!y);
  });
}

/** Negative: `a` comes first. */
export function byPrecedence(a: HttpMatch, b: HttpMatch): number {
  return (
    rank(b) - rank(a) ||
    length(b) - length(a) ||
    Number(b.method !== undefined) - Number(a.method !== undefined) ||
    b.headers.size - a.headers.size ||
    b.queryParams.size - a.queryParams.size
  );
}

function rank({ uri }: HttpMatch): number {
  return uri ? ranks[uri.type] : -1;
}

/** In bytes, as Go counts. */
function length({ uri }: HttpMatch): number {
  if (!uri) return 0;
  return Buffer.byteLength(uri.value) + (uri.type === 'pathPrefix' && uri.countsSlash ? 1 : 0);
}
