/** Protocols of ports. */
import { notRun } from './fields.ts';

/** Those of HTTP. */
export const http: readonly string[] = ['http', 'http2', 'grpc', 'grpc-web'];

const istio = [...http, 'tcp', 'udp', 'http_proxy', 'https', 'tls', 'mongo', 'redis', 'mysql'];

/** What is wrong with a protocol, of which `run` (lower case) are those that the local mesh speaks there. */
export function protocolProblem(name: string, run: readonly string[]): string | undefined {
  const protocol = name.toLowerCase();
  if (run.includes(protocol)) return undefined;
  if (istio.includes(protocol)) return `${name}: ${notRun}`;
  return `${JSON.stringify(name)}: not a protocol that Istio knows; HTTP is the one for this`;
}
