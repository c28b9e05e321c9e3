import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import Koa from 'koa';
import { expect, it } from 'vitest';
import { readableTarget } from './readable-target.ts';

it.each([
  ['http://[::1/', 400],
  ['http://a/b', 200],
  ['/b', 200],
])('GET %s: %i', async (target, status) => {
  const app = new Koa().use(readableTarget()).use((ctx) => {
    ctx.body = ctx.path;
  });
  const server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toContain(`HTTP/1.1 ${status} `);
  socket.destroy();
  server.close();
});
