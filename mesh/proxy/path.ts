const needsWork = /\/\.|\\|%2e/i;
const unreservedDot = /%2e/gi;

/**
 * Envoy's path normalization, which Istio switches on (RFC 3986, 6.2.2.3): `.` and `..` are resolved before rules
 * see the path, so `/public/../admin` is `/admin` to everyone. Query and case stay as they are.
 */
export function normalizePath(pathWithQuery: string): string {
  const query = pathWithQuery.search(/[?#]/);
  const path = query === -1 ? pathWithQuery : pathWithQuery.slice(0, query);
  if (!needsWork.test(path)) return pathWithQuery;
  const segments = path.replace(unreservedDot, '.').replaceAll('\\', '/').split('/').slice(1);
  const kept: string[] = [];
  segments.forEach((segment, i) => {
    const last = i === segments.length - 1;
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
    if (last && (segment === '.' || segment === '..')) kept.push('');
  });
  return `/${kept.join('/')}${query === -1 ? '' : pathWithQuery.slice(query)}`;
}
