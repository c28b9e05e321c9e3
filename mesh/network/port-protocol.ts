/**
 * What Istio takes a Service's port to speak (pkg/config/kube/conversion.go, ConvertProtocol):
 * https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
 */

const ofAppProtocol: Readonly<Record<string, string>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
};
const http2 = ['http2', 'grpc', 'grpc-web'];
const others = ['tcp', 'udp', 'http_proxy', 'https', 'tls', 'mongo', 'redis', 'mysql'];

/** `HTTP`, `HTTP2`, or another in capital letters; undefined: neither its appProtocol nor its name says so. */
export function protocolOf({
  name = '',
  appProtocol,
}: {
  name?: string | undefined;
  appProtocol?: string | undefined;
}): string | undefined {
  const named = (ofAppProtocol[appProtocol ?? ''] ?? appProtocol ?? name).toLowerCase();
  const word = named.startsWith('grpc-web') ? 'grpc-web' : (named.split('-')[0] ?? '');
  if (word === 'http') return 'HTTP';
  if (http2.includes(word)) return 'HTTP2';
  return others.includes(word) ? word.toUpperCase() : undefined;
}
