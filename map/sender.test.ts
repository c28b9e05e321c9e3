import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Sender } from './sender.ts';

let gateway: Server;
let stranger: Server;
let sender: Sender;
const asked: (string | undefined)[] = [];
beforeEach(async () => {
  asked.length = 0;
  gateway = await serve((path) => asked.push(path));
  stranger = await serve((path) => asked.push(`stranger ${path}`));
  sender = new Sender(() => ({ gateway: `http://${hostOf(gateway)}`, header: 'project-version' }));
});
afterEach(async () => {
  await sender.close();
  gateway.close();
  stranger.close();
});

async function serve(note: (path: string | undefined) => void): Promise<Server> {
  const server = createServer((req, res) => {
    note(req.url);
    res.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

const hostOf = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`;

it('asks the gateway and nobody else, whatever the path', async () => {
  const paths = ['/a?b=c', `//${hostOf(stranger)}/`, `/\\${hostOf(stranger)}/`, '/../a'];
  for (const path of paths) expect(await sender.once(null, 'GET', path)).toBe(200);
  expect(asked).toEqual(paths);
});
