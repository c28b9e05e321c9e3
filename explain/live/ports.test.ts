import { expect, it } from 'vitest';
import { speaks } from './ports.ts';

it.each([
  [{ name: 'http', port: 80 }, 'http'],
  [{ name: 'http-web', port: 80 }, 'http'],
  [{ name: 'grpc-web', port: 80 }, 'http'],
  [{ name: 'tcp', appProtocol: 'http', port: 80 }, 'http'],
  [{ name: 'http', appProtocol: 'tcp', port: 80 }, { not: 'TCP' }],
  [{ name: 'web', appProtocol: 'kubernetes.io/h2c', port: 80 }, 'http'],
  [{ name: 'web', appProtocol: 'kubernetes.io/wss', port: 80 }, { not: 'HTTPS' }],
  [{ name: 'https', port: 443 }, { not: 'HTTPS' }],
  [{ name: 'mysql', port: 1 }, { not: 'MYSQL' }],
  [{ name: 'httpx', port: 80 }, 'sniffed'],
  [{ port: 80 }, 'sniffed'],
  [{ port: 3306 }, { not: 'TCP' }],
  [{ name: 'dns', port: 53, protocol: 'UDP' }, { not: 'UDP' }],
])('%j', (port, expected) => expect(speaks(port)).toEqual(expected));
