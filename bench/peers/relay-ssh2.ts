/** The relay as it would be over SSH: a server that has its client accept what comes to PORT (remote forwarding, RFC 4254, section 7). */
import { generateKeyPairSync } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';
import ssh2 from 'ssh2';
import { join } from '../../relay/stream/join.ts';
import { sayListening } from './listen.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
const server = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
  let carried: Server | undefined;
  // its types do not know it
  Object(client).setNoDelay(true);
  client.on('error', () => {});
  client.on('authentication', (context) => context.accept());
  client.on('close', () => carried?.close());
  client.on(
    'request',
    (accept, reject, name, { bindAddr, bindPort }: { bindAddr: string; bindPort: number }) => {
      if (name !== 'tcpip-forward') return reject?.();
      carried = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        socket.on('error', () => {});
        client.forwardOut(bindAddr, bindPort, '127.0.0.1', socket.remotePort ?? 0, (error, channel) => {
          if (error) socket.resetAndDestroy();
          else join(socket, channel);
        });
      });
      carried.listen(bindPort, bindAddr, () => accept?.());
    },
  );
});
server.listen(0, '127.0.0.1', () => sayListening({ streamPort: (server.address() as AddressInfo).port }));
