/** Paths as Envoy normalises them before it looks for a route. */
import type { RequestHead } from './decision.ts';

const needsWork = /\/\.|[\\"<>`{}]|%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/i;
/** A letter, digit, `-`, `.`, `_` or `~` that was written as %XX though it need not be. */
const unreserved = /%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/gi;
/** What has to be written as %XX and was not. */
const unwritten = /["<>`{}]/g;

/**
 * Envoy's path normalization, which Istio switches on (RFC 3986, 6.2.2.3): `.` and `..` are resolved before rules
 * see the path, and what need not be written as %XX is not, so `/public/../%61dmin` is `/admin` to everyone.
 * Query and case stay as they are.
 */
export function normalizePath(pathWithQuery: string): string {
  const query = pathWithQuery.search(/[?#]/);
  const path = query === -1 ? pathWithQuery : pathWithQuery.slice(0, query);
  if (!needsWork.test(path)) return pathWithQuery;
  const segments = path
    .replace(unreserved, (written) => String.fromCharCode(Number.parseInt(written.slice(1), 16)))
    .replace(unwritten, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('\\', '/')
    .split('/')
    .slice(1);
  const kept: string[] = [];
  segments.forEach((segment, i) => {
    const last = i === segments.length - 1;
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
    if (last && (segment === '.' || segment === '..')) kept.push('');
  });
  return `/${kept.join('/')}${query === -1 ? '' : pathWithQuery.slice(query)}`;
}

/**
 * The head as rules see it. Normalising is Istio's default, so neither a rule nor an upstream ever sees `/a/../b`
 * (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ProxyPathNormalization, BASE).
 */
export function withNormalPath(head: RequestHead): RequestHead {
  const path = normalizePath(head.path);
  return path === head.path ? head : { ...head, path };
}
