/** A host and port to connect to, as a request names them. */

export interface Address {
  host: string;
  port: number;
}

/** What Envoy lets through in `:authority` (RFC 3986, 3.2: reg-name, IP literal, userinfo and port). */
const authorityCharacters = /^[\w.~%!$&'()*+,;=:@[\]-]*$/;

/** Whether Envoy takes this as `:authority`, be it the name of something or not. */
export function isAuthority(authority: string): boolean {
  return authorityCharacters.test(authority);
}

/** User, name or IP literal, port: of a name in a URL Envoy takes fewer characters than of one in a Host header. */
const urlAuthority = /^(?:[\w.~%!$&'()*+,;=:-]*@)?(?:[a-z\d.-]+|\[[a-f\d:.]+\])(?::(?<port>\d+))?$/i;

/** Whether Envoy takes this as the authority of a URL in a request line. */
export function isUrlAuthority(authority: string): boolean {
  const found = urlAuthority.exec(authority);
  return found !== null && Number(found.groups?.port ?? 0) <= 65_535;
}

/**
 * The address that `service-b:32000`, `[::1]:80`, `user@10.0.0.1` names, in lower case and without brackets; undefined
 * where nothing could be connected to by that name.
 */
export function addressOf(authority: string, defaultPort: number): Address | undefined {
  const afterUser = authority.slice(authority.lastIndexOf('@') + 1);
  if (!isAuthority(afterUser) || afterUser.includes('%')) return undefined;
  const url = URL.parse(`http://${afterUser}`);
  if (url?.pathname !== '/') return undefined;
  // A URL does not say the default port of its scheme.
  const port = url.port || (/:0*80$/.test(afterUser) ? 80 : defaultPort);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}
