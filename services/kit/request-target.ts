/** The request target: what stands between method and HTTP version (RFC 9112 section 3.2). */

/**
 * Path and query exactly as the client wrote them, whether it sent them alone or, as to a proxy, after the origin.
 * Undefined for a target that has no path (`OPTIONS *`).
 */
export function pathAndQuery(target: string): string | undefined {
  if (target.startsWith('/')) return target;
  const path = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1];
  if (path === undefined) return undefined;
  return path.startsWith('/') ? path : `/${path}`;
}
