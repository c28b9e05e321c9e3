/** What TCP does, through a lane: ends, resets, back-pressure, and every byte in its place. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listening, startTestLane, type TestLane } from './testing/lane.ts';

let handle: (socket: Socket) => void;
/** Both the program of this computer and a service in the mesh. */
let server: Server;
let port: number;
let lane: TestLane;

beforeAll(async () => {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    // a connection without a byte only looks whether the program is there
    socket.once('readable', () => socket.readableLength > 0 && handle(socket));
  });
  handle = (socket) => socket.destroy();
  port = await listening(server);
  lane = await startTestLane(port, { hangMs: Number.POSITIVE_INFINITY });
  await lane.ready();
});
afterAll(async () => {
  await lane[Symbol.asyncDispose]();
  server.close();
});

const ways = {
  'from the mesh to this computer': async (): Promise<Duplex> => {
    const socket = connect({ port: lane.relay.port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  },
  'from this computer into the mesh': () => lane.computer.openConnection('127.0.0.1', port),
};

/** The server's end of the next connection. */
function accepted(): Promise<Socket> {
  return new Promise((resolve) => {
    handle = resolve;
  });
}

const mostBytes = 100 * 1024 * 1024;
const piece = randomBytes(64 * 1024);
function* pieces() {
  for (let sent = 0; sent < mostBytes; sent += piece.length) yield piece;
}
/** Of all that can be read. (An asynchronous iteration would destroy what is written to as well.) */
async function hashOf(readable: Readable): Promise<{ bytes: number; hash: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  readable.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  await once(readable, 'end');
  return { bytes, hash: hash.digest('hex') };
}

async function textOf(readable: Readable): Promise<string> {
  let text = '';
  readable.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  await once(readable, 'end');
  return text;
}

describe.each(Object.entries(ways))('%s', (_, open) => {
  it('an end that is ended first goes on reading', async () => {
    handle = async (socket) => socket.end(`got ${await textOf(socket)}`);
    const near = await open();
    near.end('all');
    expect(await textOf(near)).toBe('got all');
  });

  it('an end whose other one has ended goes on writing', async () => {
    const coming = accepted();
    const near = await open();
    near.write('hello');
    const far = await coming;
    far.end('over');
    expect(await textOf(near)).toBe('over');
    near.end(' and more');
    expect(await textOf(far)).toBe('hello and more');
  });

  it('a reset here is a reset there, and so back', async () => {
    const coming = accepted();
    const near = await open();
    near.on('error', () => {});
    near.write('x');
    const far = await coming;
    const reset = once(far, 'error');
    if ('resetAndDestroy' in near) (near as Socket).resetAndDestroy();
    else near.destroy();
    far.resume();
    expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });

    const coming2 = accepted();
    const near2 = await open();
    const broken = new Promise((resolve) => near2.once('close', resolve));
    let failed: NodeJS.ErrnoException | undefined;
    near2.on('error', (error) => {
      failed = error;
    });
    near2.write('x');
    (await coming2).resetAndDestroy();
    near2.resume();
    await broken;
    expect(near2.readableEnded).toBe(false);
    if ('resetAndDestroy' in near2) expect(failed?.code).toBe('ECONNRESET');
  });

  it('100 MB up and down arrive as they were', async () => {
    const expected = await hashOf(Readable.from(pieces()));
    const up = Promise.withResolvers<{ bytes: number; hash: string }>();
    handle = (socket) => {
      hashOf(socket).then(up.resolve, up.reject);
      Readable.from(pieces()).pipe(socket);
    };
    const near = await open();
    Readable.from(pieces()).pipe(near);
    const down = await hashOf(near);
    expect([down, await up.promise]).toEqual([expected, expected]);
  }, 120_000);

  it('of 50 connections one that does not read holds up no other, and is held up itself', async () => {
    const half = 512 * 1024;
    let unread: Socket | undefined;
    handle = (socket) => {
      if (!unread) {
        unread = socket;
        const flood = () => {
          while (socket.write(piece));
        };
        socket.on('drain', flood);
        flood();
        return;
      }
      Readable.from([Buffer.alloc(half, 1), Buffer.alloc(half, 2)]).pipe(socket);
    };
    const silent = await open();
    silent.on('error', () => {});
    silent.write('x');
    // its sender stands still: nothing is kept without bound
    await expect.poll(() => unread?.writableNeedDrain).toBe(true);
    let before = -1;
    await expect
      .poll(
        () => {
          const same = unread?.bytesWritten === before;
          before = unread?.bytesWritten ?? -1;
          return same;
        },
        { interval: 300 },
      )
      .toBe(true);
    const others = await Promise.all(Array.from({ length: 49 }, open));
    const sums = await Promise.all(
      others.map(async (one) => {
        one.write('x');
        return (await hashOf(one)).bytes;
      }),
    );
    expect(sums).toEqual(Array(49).fill(2 * half));
    // what waited is all there when it is read, to the last byte that was sent
    unread?.removeAllListeners('drain');
    unread?.end();
    expect((await hashOf(silent)).bytes).toBe(unread?.bytesWritten);
  }, 60_000);
});
