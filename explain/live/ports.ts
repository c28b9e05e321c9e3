/** Whether the HTTP rules of a cluster count for a Service's port. */
import { protocolOf } from '../../mesh/network/port-protocol.ts';
import type { Service } from './resources.ts';

type Port = NonNullable<Service['spec']['ports']>[number];

/** `http`: HTTP rules count. `sniffed`: they count if what comes is HTTP. Otherwise the protocol that is handed on unread. */
export type Speaks = 'http' | 'sniffed' | { not: string };

/** SMTP, DNS, MySQL, MongoDB: TCP where nobody says otherwise. */
const wellKnown = [25, 53, 3306, 27017];

export function speaks({ name, port, protocol = 'TCP', appProtocol }: Port): Speaks {
  if (protocol === 'UDP') return { not: 'UDP' };
  const spoken = protocolOf({ name, appProtocol });
  if (spoken === 'HTTP' || spoken === 'HTTP2') return 'http';
  if (spoken !== undefined) return { not: spoken };
  return wellKnown.includes(port) ? { not: 'TCP' } : 'sniffed';
}
