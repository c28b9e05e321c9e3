/** What is more than a question and an answer, carried from the gateway to this computer: much, long, both ways, stalled. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Agent, request, WebSocket } from 'undici';
import type { Report } from '../report.ts';
import type { TestCluster } from '../test-cluster.ts';
import { LocalLane } from './command.ts';

const service = 'service-a';
const version = 'bytes';
const muchBytes = 100 * 1024 * 1024;
const streams = 50;
const streamBytes = 2 * 1024 * 1024;

export async function localBytes(test: TestCluster, report: Report): Promise<void> {
  const program = ['node', 'test/cluster/local-lane/bytes.mjs'];
  const lane = await LocalLane.start(test, { service, version, program, options: ['--ready-path', '/'] });
  const dispatcher = new Agent({ connections: streams, pipelining: 1 });
  const headers = { [test.lanes.header]: version };
  const ask = (path: string, options: object = {}) =>
    request(`${test.url}${path}`, { dispatcher, headers, ...options });
  try {
    await lane.answers((answer) => answer.body === 'ok');
    await much(report, ask);
    await events(report, ask);
    await socket(test, report);
    await stalled(report, ask);
  } finally {
    await lane.interrupt();
    await dispatcher.destroy();
  }
}

type Ask = (path: string, options?: object) => ReturnType<typeof request>;

async function much(report: Report, ask: Ask): Promise<void> {
  const began = performance.now();
  const { body } = await ask(`/down?bytes=${muchBytes}`);
  const down = createHash('sha256');
  let bytes = 0;
  for await (const chunk of body) {
    down.update(chunk);
    bytes += chunk.length;
  }
  const expected = createHash('sha256');
  for (const chunk of pieces()) expected.update(chunk);
  const hash = expected.digest('hex');
  const turned = performance.now();
  report.check(
    '100 MB from this computer arrive as they are',
    bytes === muchBytes && down.digest('hex') === hash,
    bytes,
  );
  const up = await ask('/up', { method: 'POST', body: Readable.from(pieces()) });
  report.check('100 MB to this computer too', (await up.body.text()) === hash, up.statusCode);
  const perSecond = (from: number, to: number) => `${Math.round(100_000 / (to - from))} MB/s`;
  report.note(`down ${perSecond(began, turned)}, up ${perSecond(turned, performance.now())}`);
}

/** The bytes of bytes.mjs. */
function* pieces(): Generator<Buffer> {
  const piece = Buffer.alloc(64 * 1024, 'traffic coloring ');
  for (let left = muchBytes; left > 0; left -= piece.length)
    yield piece.subarray(0, Math.min(left, piece.length));
}

async function events(report: Report, ask: Ask): Promise<void> {
  const { body } = await ask('/events');
  const pieces: string[] = [];
  for await (const chunk of body) {
    pieces.push(String(chunk));
    if (pieces.join('').includes('data: 5\n\n')) break;
  }
  report.check('server-sent events come one by one', pieces[0] === 'data: 1\n\n', pieces);
}

async function socket(test: TestCluster, report: Report): Promise<void> {
  const url = `${test.url.replace('http', 'ws')}/echo`;
  const open = new WebSocket(url, { headers: { [test.lanes.header]: version } });
  const echo = await new Promise<string>((resolve) => {
    open.onopen = () => open.send('both ways');
    open.onmessage = ({ data }) => resolve(String(data));
    open.onerror = ({ message }) => resolve(`error: ${message}`);
    open.onclose = ({ code }) => resolve(`closed: ${code}`);
  });
  report.check('a WebSocket echoes', echo === 'both ways', echo);
  open.close();
}

async function stalled(report: Report, ask: Ask): Promise<void> {
  const [unread, ...others] = await Promise.all(
    Array.from({ length: streams }, () => ask(`/down?bytes=${streamBytes}`)),
  );
  const sizes = await Promise.all(others.map(async ({ body }) => (await body.arrayBuffer()).byteLength));
  report.check(
    `of ${streams} streams one does not read, and holds up no other`,
    sizes.every((size) => size === streamBytes),
    sizes,
  );
  unread?.body.on('error', () => {}).destroy();
}
