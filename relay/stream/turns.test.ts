/** Many large transfers leave its turn to a small one: by itself Node serves the oldest stream first. */
import type { ClientHttp2Session, ServerHttp2Stream } from 'node:http2';
import { Duplex, duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { join } from './join.ts';
import { clientSession, serverSession } from './sessions.ts';
import { openStream } from './tunnel.ts';

const mib = 1024 * 1024;
const piece = Buffer.alloc(64 * 1024);
const target = { host: 'b', port: 80 };

/** A connection whose end here sends for ever, as fast as it may, and reads all. */
const endless = () =>
  new Duplex({
    read() {
      this.push(piece);
    },
    write: (_, __, done) => done(),
  }).on('error', () => {});

/** @param accept of the end that opens no streams */
function connect(accept: (stream: ServerHttp2Stream) => void): ClientHttp2Session {
  const [near, far] = duplexPair();
  serverSession(far).on('stream', (stream) => {
    stream.on('error', () => {}).respond({ ':status': 200 });
    accept(stream);
  });
  const session = clientSession(near);
  onTestFinished(() => session.destroy());
  return session;
}

/** Answers a small question before so much else is carried. */
async function isAnswered(session: ClientHttp2Session, carried: () => number): Promise<void> {
  const enough = (bytes: number) => expect.poll(carried).toBeGreaterThan(bytes);
  await enough(16 * mib);
  const stream = openStream(session, target);
  const late = enough(carried() + 256 * mib).then(() => 'nothing');
  stream.end('small');
  expect(await Promise.race([text(stream), late])).toBe('small');
}

it('a request is answered beside 40 answers', async () => {
  let large = 40;
  const session = connect((stream) => {
    if (large-- > 0) join(stream, endless());
    else stream.end('small');
  });
  let bytes = 0;
  for (let opened = 0; opened < 40; opened++) {
    openStream(session, target).on('data', (chunk) => {
      bytes += chunk.length;
    });
  }
  await isAnswered(session, () => bytes);
});

it('a request is heard beside 40 others', async () => {
  let bytes = 0;
  let large = 40;
  const session = connect((stream) => {
    if (large-- <= 0) return void stream.pipe(stream);
    stream.on('data', (chunk) => {
      bytes += chunk.length;
    });
  });
  for (let opened = 0; opened < 40; opened++) join(endless(), openStream(session, target));
  await isAnswered(session, () => bytes);
});
