import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Readiness } from './readiness.ts';

it('takes one that refuses at its word, and one that is slow at the third time', async () => {
  let status: number | undefined = 200;
  const server = createServer((_, answer) => {
    if (status) answer.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const readiness = new Readiness(200);
  const look = () => readiness.look('127.0.0.1', port, '/readyz');

  await expect.poll(look).toBe(true);
  status = undefined;
  expect([await look(), await look(), await look(), await look()]).toEqual([true, true, false, false]);
  status = 200;
  await expect.poll(look).toBe(true);
  status = 503;
  await expect.poll(look).toBe(false);
  status = undefined;
  expect(await look()).toBe(false);
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  expect(await look()).toBe(false);
});
