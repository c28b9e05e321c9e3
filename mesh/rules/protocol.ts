/** Protocols of ports. */
import { NOT_RUN } from './fields.ts';

const ISTIO = [
  'tcp',
  'udp',
  'grpc',
  'grpc-web',
  'http',
  'http_proxy',
  'http2',
  'https',
  'tls',
  'mongo',
  'redis',
  'mysql',
];

/** What is wrong with a protocol, of which `run` (lower case) are those that the local mesh speaks there. */
export function protocolProblem(name: string, run: readonly string[]): string | undefined {
  const protocol = name.toLowerCase();
  if (run.includes(protocol)) return undefined;
  if (ISTIO.includes(protocol)) return `${name}: ${NOT_RUN}`;
  return `${JSON.stringify(name)}: not a protocol that Istio knows; HTTP is the one for this`;
}
