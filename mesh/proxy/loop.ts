/**
 * Requests that come back to the proxies of this mesh without an app in between: a Host or a rule that leads to a
 * proxy's own port would send them round until descriptors run out. Each proxy counts them on the way to the next one.
 */
import type { ClientRequest } from './client.ts';

/** Counts the proxies of this mesh on a request's way. No app ever sees it. */
export const hopsHeader = 'x-local-mesh-hops';

/** Ways that make sense have two: a sidecar, and the gateway that its app calls by `localhost:8080`. */
const hopLimit = 5;

/** Whether an address is that of a proxy of this mesh. */
export type IsProxy = (host: string, port: number) => boolean;

/** What {@link hopsHeader} has to say at the next proxy; undefined: this request goes round, and ends here. */
export function nextHop(req: ClientRequest): string | undefined {
  const hops = Number(req.headers[hopsHeader] ?? 0);
  return hops < hopLimit ? String(hops + 1) : undefined;
}
