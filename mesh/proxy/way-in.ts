/** A local address that leads to one host: for programs that know no HTTP_PROXY. */
import type { ClientRequest } from './client.ts';

/** Makes it a request for `authority` (`api:8080`), as if the program had called that through the proxy. */
export function readdress(req: ClientRequest, authority: string): void {
  const raw = req.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() === 'host') raw[i + 1] = authority;
  }
  req.headers.host = authority;
  if (req.url?.startsWith('/')) req.url = `http://${authority}${req.url}`;
}
