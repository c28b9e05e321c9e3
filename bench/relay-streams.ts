/**
 * Two streams that could carry a lane to a person's computer, side by side: HTTP/2 both ways round, as relay/ does it, and SSH
 * (ssh2). `node bench/relay-streams.ts` prints a table; the end in the pod is a process of its own, all else is this one.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import Table from 'cli-table3';
import getPort from 'get-port';
import ssh2 from 'ssh2';
import { connectComputer } from '../relay/computer/connect.ts';
import { join } from '../relay/stream/join.ts';
import { newSessionKey } from '../relay/stream/session-key.ts';
import { projectFile } from '../runtime/project.ts';
import { type MeasuredProcess, startMeasured } from './measured-process.ts';

interface Way {
  pod: MeasuredProcess;
  /** Where the mesh connects. */
  port: number;
  /** Resolves when a connection to `port` reaches the program. */
  connect: () => Promise<() => Promise<void>>;
}

/** What a first byte asks of the program: to count bytes, send bytes, answer each piece, or flood. */
const asks = { count: 'c', send: 's', echo: 'e', flood: 'f' } as const;
const mb = 1024 * 1024;
const piece = Buffer.alloc(64 * 1024, 'x');
const load = { mb: 100, small: 1_000, fresh: 200, streams: 100, mbEach: 1, reconnections: 5 };

const flooded = new Set<Socket>();
let onEcho: (socket: Socket) => void = () => {};
const program = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', (first: Buffer) => {
    const asked = first.toString('latin1', 0, 1);
    if (asked === asks.echo) {
      socket.on('data', (bytes) => socket.write(bytes)).on('end', () => socket.end());
      if (first.length > 1) socket.write(first.subarray(1));
      onEcho(socket);
    }
    if (asked === asks.count) {
      let bytes = first.length - 1;
      socket.on('data', (more) => {
        bytes += more.length;
        if (bytes === load.mb * mb) socket.write(String(bytes));
      });
      socket.on('end', () => socket.end(String(bytes)));
    }
    if (asked === asks.send) sendTo(socket, Number(first.toString('latin1', 1)) * mb);
    if (asked === asks.flood) {
      flooded.add(socket);
      sendTo(socket, Number.POSITIVE_INFINITY);
    }
  });
});

function sendTo(socket: Socket, bytes: number, ends = true): void {
  let left = bytes;
  const send = () => {
    while (left > 0 && !socket.destroyed) {
      left -= piece.length;
      if (!socket.write(piece)) return void socket.once('drain', send);
    }
    if (ends) socket.end();
  };
  send();
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** Reads to the end. @returns how many bytes */
async function drain(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
  return bytes;
}

async function overHttp2(local: number): Promise<Way> {
  const key = newSessionKey();
  const port = await getPort();
  const env = {
    PORT: String(port),
    RELAY_STREAM_PORT: '0',
    RELAY_HEALTH_PORT: '0',
    RELAY_PUBLIC_KEY: key.publicKey,
  };
  const pod = await startMeasured([projectFile('relay/pod/main.ts')], env);
  return {
    pod,
    port,
    connect: async () => {
      const ready = Promise.withResolvers<void>();
      const computer = connectComputer({
        dial: () => dial(Number(pod.listening.streamPort)),
        privateKey: key.privateKey,
        local: { host: '127.0.0.1', port: local },
        hangMs: Number.POSITIVE_INFINITY,
        onState: (state) => state.ready && ready.resolve(),
      });
      await ready.promise;
      return () => computer.close();
    },
  };
}

async function overSsh(local: number): Promise<Way> {
  const port = await getPort();
  const pod = await startMeasured([projectFile('bench/peers/relay-ssh2.ts')]);
  return {
    pod,
    port,
    connect: async () => {
      const client = new ssh2.Client();
      client.on('error', () => {});
      client.on('tcp connection', (_, accept) => {
        const channel = accept();
        channel.on('error', () => {});
        const socket = connect({ port: local, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
        socket.once('connect', () => join(channel, socket));
      });
      const ready = once(client, 'ready');
      client.connect({ host: '127.0.0.1', port: Number(pod.listening.streamPort), username: 'lane' });
      await ready;
      client.setNoDelay(true);
      await new Promise<void>((resolve, reject) =>
        client.forwardIn('127.0.0.1', port, (error) => (error ? reject(error) : resolve())),
      );
      return async () => {
        const closed = once(client, 'close');
        client.end();
        await closed;
      };
    },
  };
}

const percentile = (sorted: number[], share: number) =>
  sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
const inOrder = (values: number[]) => values.sort((a, b) => a - b);

async function measure(way: Way): Promise<Record<string, string>> {
  let close = await way.connect();
  /** Said as it comes: a run takes minutes where the computer has other things to do. */
  const found = new Proxy<Record<string, string>>(
    {},
    {
      set: (target, name: string, value: string) => {
        console.error(`${name}: ${value}`);
        target[name] = value;
        return true;
      },
    },
  );
  const idle = await way.pod.memory();

  let began = performance.now();
  const up = await dial(way.port);
  up.write(asks.count);
  sendTo(up, load.mb * mb, false);
  const counted = await new Promise((resolve) => up.once('data', (text) => resolve(Number(text))));
  up.destroy();
  found['100 MB to the computer, MB/s'] = rate(counted === load.mb * mb, began);

  began = performance.now();
  const down = await dial(way.port);
  down.write(`${asks.send}${load.mb}`);
  found['100 MB from the computer, MB/s'] = rate((await drain(down)) === load.mb * mb, began);
  const loaded = await way.pod.memory();

  const kept = await dial(way.port);
  kept.write(asks.echo);
  const small: number[] = [];
  for (let turn = 0; turn < load.small; turn++) {
    began = performance.now();
    kept.write('ping');
    await once(kept, 'data');
    small.push(performance.now() - began);
  }
  kept.destroy();
  found['small request on one connection, p50 / p99 ms'] = spread(small);

  const fresh: number[] = [];
  for (let turn = 0; turn < load.fresh; turn++) {
    began = performance.now();
    const one = await dial(way.port);
    one.write(`${asks.echo}ping`);
    await once(one, 'data');
    fresh.push(performance.now() - began);
    one.destroy();
  }
  found['the same on a new connection each, p50 / p99 ms'] = spread(fresh);

  began = performance.now();
  const sums = await Promise.all(
    Array.from({ length: load.streams }, async () => {
      const one = await dial(way.port);
      one.write(`${asks.send}${load.mbEach}`);
      return drain(one);
    }),
  );
  const whole = sums.filter((bytes) => bytes === load.mbEach * mb).length;
  found['100 streams of 1 MB at once, s (whole)'] =
    `${((performance.now() - began) / 1000).toFixed(2)} (${whole} of ${load.streams})`;

  found['half-close'] = await halfClose(way);
  found['a reset of the caller reaches the program'] = await reset(way);
  found['50 streams, one does not read: its sender stops after, MB / the others, s'] = await oneUnread(way);

  const took: number[] = [];
  for (let turn = 0; turn < load.reconnections; turn++) {
    await close();
    began = performance.now();
    close = await way.connect();
    const one = await dial(way.port);
    one.write(`${asks.echo}ping`);
    await once(one, 'data');
    took.push(performance.now() - began);
    one.destroy();
  }
  found['connected anew until the first answer, p50 / most, ms'] =
    `${percentile(inOrder(took), 0.5).toFixed(0)} / ${took.at(-1)?.toFixed(0)}`;
  found['memory of the pod, MB: idle / after 200 MB / at the end'] =
    `${idle.toFixed(0)} / ${loaded.toFixed(0)} / ${(await way.pod.memory()).toFixed(0)}`;
  await close();
  return found;
}

function rate(whole: boolean, began: number): string {
  return `${(load.mb / ((performance.now() - began) / 1000)).toFixed(0)}${whole ? '' : ' (NOT WHOLE)'}`;
}

function spread(values: number[]): string {
  const sorted = inOrder(values);
  return `${percentile(sorted, 0.5).toFixed(2)} / ${percentile(sorted, 0.99).toFixed(2)}`;
}

async function halfClose(way: Way): Promise<string> {
  const one = await dial(way.port);
  one.end(`${asks.count}12345`);
  const answer = new Promise<string>((resolve) => one.once('data', (bytes) => resolve(String(bytes))));
  const end = new Promise<string>((resolve) => one.once('end', () => resolve('no answer')));
  const text = await Promise.race([answer, end, inTime('no answer')]);
  one.destroy();
  return text === '5' ? 'yes' : `no: ${text}`;
}

const inTime = (late: string) => new Promise<string>((resolve) => setTimeout(resolve, 3_000, late));

async function reset(way: Way): Promise<string> {
  const accepted = new Promise<Socket>((resolve) => {
    onEcho = resolve;
  });
  const one = await dial(way.port);
  one.write(asks.echo);
  const far = await accepted;
  const ended = new Promise<string>((resolve) => {
    far.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNRESET' ? 'yes' : `${error.code}`),
    );
    far.once('end', () => resolve('no: it sees a good end'));
  });
  one.resetAndDestroy();
  return Promise.race([ended, inTime('no: it sees nothing')]);
}

async function oneUnread(way: Way): Promise<string> {
  const silent = await dial(way.port);
  silent.write(asks.flood);
  const sent = () => [...flooded].at(-1)?.bytesWritten ?? 0;
  for (let before = -1; sent() === 0 || sent() !== before; ) {
    before = sent();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const began = performance.now();
  const others = Array.from({ length: 49 }, async () => {
    const one = await dial(way.port);
    one.write(`${asks.send}1`);
    return drain(one);
  });
  const time = Promise.all(others).then(() => `${((performance.now() - began) / 1000).toFixed(2)}`);
  const stuck = new Promise<string>((resolve) => setTimeout(resolve, 20_000, 'not within 20'));
  const line = `${(sent() / mb).toFixed(1)} / ${await Promise.race([time, stuck])}`;
  silent.destroy();
  return line;
}

program.listen(0, '127.0.0.1');
await once(program, 'listening');
const local = (program.address() as { port: number }).port;
const results: Record<string, Record<string, string>> = {};
for (const [name, start] of Object.entries({ 'HTTP/2': overHttp2, 'SSH (ssh2)': overSsh })) {
  const way = await start(local);
  results[name] = await measure(way);
  await way.pod.stop();
}
const names = Object.keys(results);
const table = new Table({ head: ['', ...names] });
for (const row of Object.keys(results[names[0] ?? ''] ?? {}))
  table.push([row, ...names.map((name) => results[name]?.[row] ?? '')]);
console.log(table.toString());
process.exit();
