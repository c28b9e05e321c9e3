/** A request by which a check looks whether something is there already. */
import type { RequestBatch } from '../agent/agent.ts';

/** GET over a connection of its own. @param host with port where it is not 80; default: the address and port */
export function probe(
  address: string,
  port: number,
  target: string,
  host = `${address}:${port}`,
): RequestBatch {
  return {
    address,
    port,
    method: 'GET',
    target,
    headers: [['host', host]],
    body: '',
    http: '1.1',
    times: 1,
    concurrency: 1,
    connection: 'new',
  };
}
