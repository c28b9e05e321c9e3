import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { AnswerWatch } from './answer-watch.ts';

/** `>` asks, `<` answers; returns whether it waits after each. */
function waits(...pieces: string[]): boolean[] {
  const watch = new AnswerWatch();
  return pieces.map((piece) => {
    const bytes = Buffer.from(piece.slice(1));
    if (piece[0] === '>') watch.asked(bytes);
    else watch.answered(bytes);
    return watch.awaits;
  });
}

describe('a carried connection waits for an answer', () => {
  it('from the request until the first byte of the answer', () => {
    expect(waits('>GET / HTTP/1.1\r\n', '>\r\n', '<HTTP/1.1 200 OK\r\n', '<body')).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('again with the next request on it, and not with the rest of a body', () => {
    const first = ['>POST / HTTP/1.1\r\n\r\n', '<HTTP/1.1 200 OK\r\n\r\n'];
    expect(waits(...first, '>rest of a body', '>GET /2 HTTP/1.1\r\n\r\n').slice(2)).toEqual([false, true]);
  });

  it('still, when it was only told to go on', () => {
    expect(waits('>PUT / HTTP/1.1\r\n', '<HTTP/1.1 100 Continue\r\n\r\n', '<HTTP/1.1 201 Made\r\n')).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('no more, when the answer comes in one piece with what was told before it', () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
    expect(waits('>GET / HTTP/1.1\r\n\r\n', `<${early}${early}`, `<${early}HTTP/1.1 200 OK\r\n`)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('no more, when it has become a WebSocket', () => {
    const upgrade = ['>GET / HTTP/1.1\r\n', '<HTTP/1.1 101 Switching Protocols\r\n\r\n'];
    expect(waits(...upgrade, '>\x81\x85frame')).toEqual([true, false, false]);
  });

  it('in any protocol, until its first byte of an answer', () => {
    expect(waits('>\x00\x01', '<\x02', '>\x03')).toEqual([true, false, false]);
    expect(waits('<220 hello\r\n')).toEqual([false]);
  });
});

it('reads HTTP/2 request by request, however its bytes are cut', async () => {
  const server = createServer((req, res) => {
    if (req.url === '/quick') res.end('quick');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const watch = new AnswerWatch();
  const proxy = createTcpServer({ allowHalfOpen: true }, (near) => {
    const far = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
    // the first piece is whole, as a sidecar writes it; all others come byte by byte
    near.once('data', (bytes) => {
      watch.asked(bytes);
      near.on('data', (more) => {
        for (const one of more) watch.asked(Buffer.of(one));
      });
    });
    far.on('data', (bytes) => {
      for (const one of bytes) watch.answered(Buffer.of(one));
    });
    near.pipe(far).pipe(near);
    near.on('error', () => {});
    near.on('close', () => far.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const client = connect(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  await once(client, 'remoteSettings');
  expect(watch.awaits).toBe(false);
  const quick = client.request({ ':path': '/quick' });
  quick.resume();
  await once(quick, 'close');
  expect(watch.awaits).toBe(false);
  const never = client.request({ ':path': '/never' });
  await expect.poll(() => watch.awaits).toBe(true);
  const other = client.request({ ':path': '/quick' });
  other.resume();
  await once(other, 'close');
  expect(watch.awaits).toBe(true);
  never.close();
  await expect.poll(() => watch.awaits).toBe(false);
  client.destroy();
  proxy.close();
  server.close();
});
