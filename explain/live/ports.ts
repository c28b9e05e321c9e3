/** What Istio takes a Service's port to speak: by appProtocol, else by its name (Istio: pkg/config/kube/conversion.go, ConvertProtocol). */
import type { Service } from './resources.ts';

type Port = NonNullable<Service['spec']['ports']>[number];

/** `http`: HTTP rules count. `sniffed`: they count if what comes is HTTP. Otherwise the protocol that is handed on unread. */
export type Speaks = 'http' | 'sniffed' | { not: string };

const ofAppProtocol: Readonly<Record<string, string>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
};
const http = ['http', 'http2', 'grpc', 'grpc-web'];
const others = ['tcp', 'udp', 'http_proxy', 'https', 'tls', 'mongo', 'redis', 'mysql'];
/** SMTP, DNS, MySQL, MongoDB: TCP where nobody says otherwise. */
const wellKnown = [25, 53, 3306, 27017];

export function speaks({ name = '', port, protocol = 'TCP', appProtocol }: Port): Speaks {
  if (protocol === 'UDP') return { not: 'UDP' };
  const named = (ofAppProtocol[appProtocol ?? ''] ?? appProtocol ?? name).toLowerCase();
  const word = named.startsWith('grpc-web') ? 'grpc-web' : (named.split('-')[0] ?? '');
  if (http.includes(word)) return 'http';
  if (others.includes(word)) return { not: word.toUpperCase() };
  return wellKnown.includes(port) ? { not: 'TCP' } : 'sniffed';
}
