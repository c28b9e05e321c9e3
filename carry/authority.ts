/** Whom a request is for. */

/**
 * The host and port that a request names: in its target when that is absolute, as to a proxy, else in its Host header,
 * which is what a proxy of the mesh routes by; else the host that it connects to.
 */
export function authorityOf(target: string | undefined, hostHeader: unknown, connectsTo: string): string {
  const absolute =
    target && !target.startsWith('/') && /^https?:\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(target)?.[1];
  return absolute || (hostHeader ? String(hostHeader) : connectsTo);
}
