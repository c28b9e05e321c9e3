/** A lane from end to end: the pod's program as a process, the computer's side here, real sockets between. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listening, startTestLane, type TestLane } from './testing/lane.ts';

const local = createServer((req, res) => res.end(`${req.method} ${req.url}`));
let port: number;
let lane: TestLane;
beforeAll(async () => {
  port = await listening(local);
  lane = await startTestLane(port);
  await lane.ready();
});
afterAll(async () => {
  await lane[Symbol.asyncDispose]();
  local.closeAllConnections();
  local.close();
});

it('carries requests of the mesh to the program of this computer', async () => {
  const response = await fetch(`${lane.url}/orders`, { method: 'POST', body: 'one' });
  expect(await response.text()).toBe('POST /orders');
});

it('carries connections of this computer to where the pod can reach', async () => {
  const connection = await lane.computer.openConnection('localhost', port);
  connection.end('GET /out HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  expect(await text(connection)).toContain('GET /out');
});

it('names why a connection into the mesh is not there', async () => {
  await expect(lane.computer.openConnection('127.0.0.1', 1)).rejects.toThrow(
    '127.0.0.1:1 cannot be reached from the cluster: ECONNREFUSED',
  );
});

it('knows which names the pod resolves', async () => {
  expect(await lane.computer.resolves('localhost')).toBe(true);
  expect(await lane.computer.resolves('no-such-host.invalid')).toBe(false);
});
