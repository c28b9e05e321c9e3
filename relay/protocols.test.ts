/** What people send over HTTP/1.1 and HTTP/2 connections, through a lane. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import grpc from '@grpc/grpc-js';
import { afterEach, expect, it } from 'vitest';
import { listening, startTestLane, type TestLane } from './testing/lane.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one();
});

async function startLane(port: number): Promise<TestLane> {
  const lane = await startTestLane(port);
  opened.push(() => lane[Symbol.asyncDispose]());
  await lane.ready();
  return lane;
}

async function startLaneOf(server: Server): Promise<TestLane> {
  const port = await listening(server);
  opened.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return startLane(port);
}

/** The first byte of a frame that closes a WebSocket. */
const closing = 0x88;

it('a WebSocket', async () => {
  const server = createServer();
  server.on('upgrade', (req: IncomingMessage, socket: Duplex) => {
    const key = `${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
    socket.on('error', () => {});
    // echoes short texts: frames of a client are masked (RFC 6455, section 5.2)
    socket.on('data', (frame: Buffer) => {
      const mask = frame.subarray(2, 6);
      const text = frame.subarray(6).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
      const echo = Buffer.concat([Buffer.of(frame[0] ?? 0, text.length), text]);
      if ((frame[0] ?? 0) === closing) socket.end(echo);
      else socket.write(echo);
    });
  });
  const lane = await startLaneOf(server);
  const socket = new WebSocket(lane.url.replace('http', 'ws'));
  await once(socket, 'open');
  for (const text of ['one', 'two']) {
    const answer = once(socket, 'message');
    socket.send(text);
    expect((await answer)[0].data).toBe(text);
  }
  const closed = once(socket, 'close');
  socket.close();
  await closed;
});

it('server-sent events, each when it is sent', async () => {
  let send: (event: string) => void = () => {};
  const lane = await startLaneOf(
    createServer((_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
      send = (event) => res.write(`data: ${event}\n\n`);
    }),
  );
  const response = await fetch(lane.url);
  const events = response.body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  for (const event of ['one', 'two', 'three']) {
    send(event);
    expect((await events?.next())?.value).toBe(`data: ${event}\n\n`);
  }
  await events?.return?.();
});

it('gRPC: a call, and streams both ways', async () => {
  const asIs = (bytes: Buffer) => bytes;
  const method = (path: string, streams: boolean) => ({
    path,
    requestStream: streams,
    responseStream: streams,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  });
  const server = new grpc.Server();
  server.addService(
    { call: method('/test.Test/Call', false), talk: method('/test.Test/Talk', true) },
    {
      call: (call: grpc.ServerUnaryCall<Buffer, Buffer>, answer: grpc.sendUnaryData<Buffer>) =>
        answer(null, Buffer.from(`${call.request} ${call.metadata.get('project-version')}`)),
      talk: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (bytes) => call.write(bytes));
        call.on('end', () => call.end());
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  opened.push(() => server.forceShutdown());
  const lane = await startLane(port);
  const client = new grpc.Client(`127.0.0.1:${lane.relay.port}`, grpc.credentials.createInsecure());
  opened.push(() => client.close());

  const metadata = new grpc.Metadata();
  metadata.set('project-version', 'me');
  const answer = await new Promise<Buffer | undefined>((resolve, reject) =>
    client.makeUnaryRequest('/test.Test/Call', asIs, asIs, Buffer.from('hello'), metadata, (error, value) =>
      error ? reject(error) : resolve(value),
    ),
  );
  expect(String(answer)).toBe('hello me');

  const talk = client.makeBidiStreamRequest('/test.Test/Talk', asIs, asIs);
  for (const word of ['one', 'two']) {
    const echo = once(talk, 'data');
    talk.write(Buffer.from(word));
    expect(String((await echo)[0])).toBe(word);
  }
  const status = once(talk, 'status');
  talk.end();
  expect((await status)[0]).toMatchObject({ code: grpc.status.OK });
});
