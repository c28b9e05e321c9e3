import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { makeCertificate } from '../certificate.ts';
import { type RequestBatch, send } from './agent.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const listening = async (server: net.Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return (server.address() as net.AddressInfo).port;
};

const batch = (port: number, more: Partial<RequestBatch>): RequestBatch => ({
  address: '127.0.0.1',
  port,
  method: 'GET',
  target: '/x',
  headers: [['host', 'one.example']],
  body: '',
  http: '1.1',
  times: 1,
  concurrency: 1,
  connection: 'keep-alive',
  ...more,
});

it('sends many requests over one connection of HTTP/2, one that is held also in later batches', async () => {
  const sessions: http2.ServerHttp2Session[] = [];
  const server = http2.createServer((request, answer) => {
    answer.setHeader('x-seen', `${request.authority}${request.url} ${request.headers.one}`);
    request.pipe(answer);
  });
  server.on('session', (session) => sessions.push(session));
  const port = await listening(server);
  const headers = [...batch(port, {}).headers, ['one', '1'] as const];
  const held = batch(port, { http: '2', connection: 'held', times: 3, concurrency: 2, headers });
  const [replies = []] = await send([held]);
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(Object.fromEntries(replies[0]?.headers ?? [])).toMatchObject({ 'x-seen': 'one.example/x 1' });
  const [[posted] = []] = await send([{ ...held, method: 'POST', body: 'carried', times: 1 }]);
  expect(posted?.body).toBe('carried');
  expect(sessions).toHaveLength(1);
  await send([{ ...held, connection: 'new', times: 2 }]);
  expect(sessions).toHaveLength(3);
  for (const session of sessions) session.destroy();
});

it('trusts the certificate that it is told of, and no other', async () => {
  const host = 'one.example';
  const [{ certificate, secret }, other] = await Promise.all([
    makeCertificate({ secret: 'one', host }),
    makeCertificate({ secret: 'other', host }),
  ]);
  const key = Buffer.from(secret.data?.['tls.key'] ?? '', 'base64');
  const server = https.createServer({ key, cert: certificate }, (_, answer) => answer.end('safe'));
  const port = await listening(server);
  const [trusting, doubting, misled] = (
    await send([
      batch(port, { tls: { name: host, ca: certificate } }),
      batch(port, { tls: { name: host, ca: other.certificate } }),
      batch(port, { tls: { name: 'two.example', ca: certificate }, headers: [['host', 'two.example']] }),
    ])
  ).flat();
  expect(trusting?.body).toBe('safe');
  expect(doubting?.error).toMatch(/self-signed certificate|signature/);
  expect(misled?.error).toContain("does not match certificate's altnames");
});

it('tells a connection that is refused from one that is closed', async () => {
  const closing = await listening(net.createServer((socket) => socket.destroy()));
  const [closed, closedHttp2] = (await send([batch(closing, {}), batch(closing, { http: '2' })])).flat();
  expect(closed?.error).toMatch(/ECONNRESET|socket hang up/);
  expect(closedHttp2?.error).toContain('socket disconnected');
  for (const close of closers.splice(0)) close();
  const [refused] = (await send([batch(closing, {})])).flat();
  expect(refused?.error).toContain('ECONNREFUSED');
});
