/** What a port speaks, by what is written at it. */
import type { DraftService } from './draft.ts';

/** As a Service's port says it, and a port of docker compose: https://docs.docker.com/reference/compose-file/services/#ports */
export interface WrittenProtocol {
  name?: string | undefined;
  appProtocol?: string | undefined;
}

const spoken = new Map<string, DraftService['protocol'] | 'http'>(
  Object.entries({
    http: 'http',
    http2: 'http2',
    grpc: 'grpc',
    // Istio's proxies make gRPC of it, which is what the program gets
    'grpc-web': 'grpc',
    // https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol
    'kubernetes.io/h2c': 'http2',
    'kubernetes.io/ws': 'http',
  } as const),
);

/**
 * As Istio reads it: appProtocol, else the port's name up to its dash; undefined: nothing that lanes can steer is said.
 * https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
 */
export function portProtocol({ name = '', appProtocol }: WrittenProtocol) {
  if (appProtocol !== undefined) return spoken.get(appProtocol.toLowerCase());
  const [beginning = ''] = name.toLowerCase().split('-');
  return spoken.get(/^grpc-web(-|$)/i.test(name) ? 'grpc-web' : beginning);
}

/** For a draft, which names only what is not the usual. */
export function draftProtocol(port: WrittenProtocol): Pick<DraftService, 'protocol'> {
  const protocol = portProtocol(port);
  return protocol === undefined || protocol === 'http' ? {} : { protocol };
}
