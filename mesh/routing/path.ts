/** Paths as Envoy normalises them before it looks for a route. `find` (decide.ts) does it, once; nobody else has to. */

const needsWork = /\/\.|[\\"<>`{}^|]|%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e|00)/i;

/** As servers of Java do, Envoy takes `..;x` for `..`, where the dots were written as such. */
const parameterOfDots = /(?<=\/\.\.?);[^/]*/g;

/** In turn: what was written as %XX, a percent sign that begins nothing, what has to be written as %XX and was not. */
const writing = /%([\da-f]{2})|%|["<>`{}^|]|[^%"<>`{}^|]+/gi;

/** Letters, digits and what else need not be written as %XX. */
const unreserved = /[\w.~-]/;

/**
 * Envoy's path normalisation, which Istio switches on (RFC 3986, 6.2.2.3): `.` and `..` are resolved before rules
 * see the path, and what need not be written as %XX is not, so `/public/../%61dmin` is `/admin` to everyone.
 * Query and case stay as they are. A fragment goes: Istio switches off that Envoy refuses it
 * (pkg/bootstrap, http_reject_path_with_fragment). Done to what it gives it changes nothing.
 * https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ProxyPathNormalization (BASE)
 * @returns undefined where Envoy refuses the path (400): one with %00.
 */
export function normalPath(asSent: string): string | undefined {
  const fragment = asSent.indexOf('#');
  const pathWithQuery = fragment === -1 ? asSent : asSent.slice(0, fragment);
  const query = pathWithQuery.indexOf('?');
  const path = query === -1 ? pathWithQuery : pathWithQuery.slice(0, query);
  if (!needsWork.test(path)) return pathWithQuery;
  const withoutParameters = path.replace(parameterOfDots, '');
  if (withoutParameters.includes('%00')) return undefined;
  const normal = withoutDots(rewritten(withoutParameters).replaceAll('\\', '/'));
  return query === -1 ? normal : normal + pathWithQuery.slice(query);
}

/** With what must be written as %XX written so, and what need not be not. */
function rewritten(path: string): string {
  let done = '';
  /** Where the last percent sign stands that begins nothing. */
  let lone = Number.NEGATIVE_INFINITY;
  for (const { 0: piece, 1: code, index } of path.matchAll(writing)) {
    const char = code && String.fromCharCode(Number.parseInt(code, 16));
    if (char && unreserved.test(char)) {
      done += char;
      // What `%2%65` gives must not be read as %2e by whoever comes next.
      const next = done.length - lone === 2 ? path.charAt(index + piece.length) : '';
      if (done.length - lone <= 3 && /^%[\da-f]{2}$/i.test(done.slice(lone) + next)) {
        done = `${done.slice(0, lone)}%25${done.slice(lone + 1)}`;
      }
    } else if (piece === '%') {
      lone = done.length;
      done += piece;
    } else {
      done += /^["<>`{}^|]$/.test(piece) ? `%${piece.charCodeAt(0).toString(16).toUpperCase()}` : piece;
    }
  }
  return done;
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  segments.forEach((segment, i) => {
    const last = i === segments.length - 1;
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
    if (last && (segment === '.' || segment === '..')) kept.push('');
  });
  return `/${kept.join('/')}`;
}
