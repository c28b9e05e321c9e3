/** Strangers at the relay's stream port: whatever they send, the proven connection stays, and the relay runs. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectComputer } from '../computer/connect.ts';
import { prove } from '../stream/handshake.ts';
import { newSessionKey } from '../stream/session-key.ts';
import { listening, startTestLane, type TestLane } from '../testing/lane.ts';

const local = createServer((_, res) => res.end('mine'));
let lane: TestLane;
beforeAll(async () => {
  lane = await startTestLane(await listening(local));
  await lane.ready();
});
afterAll(async () => {
  await lane[Symbol.asyncDispose]();
  local.closeAllConnections();
  local.close();
});

/** Resolves when the relay has closed the connection. */
async function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {}).resume();
  if (socket.closed) return;
  await new Promise((resolve) => socket.once('close', resolve));
}

async function staysMine(): Promise<void> {
  expect(await (await fetch(lane.url)).text()).toBe('mine');
  expect(lane.states.filter(({ connected }) => !connected)).toEqual([]);
  expect(lane.relay.child.exitCode).toBeNull();
}

it('closes whatever proves nothing, counts it, and goes on', async () => {
  const before = lane.relay.log.length;
  const garbage = [
    Buffer.alloc(0),
    Buffer.from('\n'),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    Buffer.from(`in ${'A'.repeat(86)}\n`),
    Buffer.alloc(100_000, 'x'),
    ...Array.from({ length: 24 }, (_, at) => randomBytes(1 + at * 40)),
  ];
  await Promise.all(
    garbage.map(async (bytes) => {
      const socket = await lane.relay.dial();
      socket.end(bytes);
      await closed(socket);
    }),
  );
  const refused = () => lane.relay.log.slice(before).filter(({ msg }) => msg === 'connection refused');
  await expect.poll(() => refused().length).toBe(garbage.length);
  expect(refused().at(-1)).toMatchObject({ refused: expect.any(Number), why: expect.any(String) });
  await staysMine();
});

it('closes who says nothing after two seconds, and who resets at once', async () => {
  const silent = await lane.relay.dial();
  const reset = await lane.relay.dial();
  reset.resetAndDestroy();
  const began = performance.now();
  await closed(silent);
  expect(performance.now() - began).toBeGreaterThan(1_500);
  await staysMine();
});

it('lets nobody take the lane over with another key', async () => {
  const computer = connectComputer({
    dial: lane.relay.dial,
    privateKey: newSessionKey().privateKey,
    local: { host: '127.0.0.1', port: 1 },
  });
  await expect.poll(() => computer.state.why).toContain('is of another session');
  expect(computer.state.ready).toBe(false);
  await computer.close();
  await staysMine();
});

it('has room for its computer while strangers hold connections open', async () => {
  const strangers = await Promise.all(Array.from({ length: 60 }, () => lane.relay.dial()));
  const gone = Promise.all(strangers.map(closed));
  await staysMine();
  const connected = () => lane.relay.log.filter(({ msg }) => msg === 'computer connected').length;
  const before = connected();
  const socket = await lane.relay.dial();
  await prove(socket, 'out', lane.relay.key.privateKey);
  await expect.poll(connected).toBeGreaterThan(before);
  socket.destroy();
  await gone;
  await expect.poll(() => lane.computer.state.ready).toBe(true);
});

it('ends a proven connection that speaks no HTTP/2, and takes the computer back', async () => {
  const socket = await lane.relay.dial();
  await prove(socket, 'out', lane.relay.key.privateKey);
  socket.write(randomBytes(10_000));
  await closed(socket);
  await expect.poll(() => lane.computer.state.ready).toBe(true);
  expect(await (await fetch(lane.url)).text()).toBe('mine');
});

it('sends no more than its question before anything is proven', async () => {
  const socket = await lane.relay.dial();
  const [question] = await once(socket, 'data');
  expect(String(question)).toMatch(/^coloring-relay\/1 [\w-]{43}\n$/);
  socket.end('in x\n');
  const rest: Buffer[] = [];
  socket.on('data', (chunk) => rest.push(chunk));
  await closed(socket);
  expect(Buffer.concat(rest).length).toBe(0);
});
