/** --import=carry/register in programs of every framework, with every client, on every way to a call. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { installLowestNode, lowestNode } from '../test/lowest-node.ts';
import { startCalled } from './testing/called.ts';
import { clientsOf } from './testing/clients.mjs';
import { frameworks } from './testing/frameworks.mjs';
import { type Middle, type MiddleOptions, startMiddle } from './testing/middle.ts';
import { waysToCall } from './testing/ways.mjs';

const register = fileURLToPath(new URL('register.ts', import.meta.url));
const called = await startCalled();
afterAll(() => called[Symbol.asyncDispose]());

const ways = Object.keys(waysToCall);
const clients = Object.keys(await clientsOf(called.origins));
let lastId = 0;

interface Question {
  way: string;
  client: string;
  color?: string | undefined;
  /** What the program sets itself. */
  set?: string;
}

/** Asks all at once, and resolves to the headers of every call that came of each. */
async function ask(middle: Middle, questions: readonly Question[]) {
  return Promise.all(
    questions.map(async ({ way, client, color, set }) => {
      const id = String(++lastId);
      await middle.ask(`/${[way, client, id].map(encodeURIComponent).join('/')}`, {
        ...(color && { 'project-version': color }),
        ...(set && { 'x-set': set }),
        'x-request-id': `r${id}`,
        cookie: 'c=1',
      });
      const calls = await vi.waitUntil(() => called.seen.get(`/${id}`), { timeout: 10_000 });
      return calls.map(({ 'project-version': arrived, 'x-request-id': requestId, cookie }) => ({
        way,
        client,
        arrived,
        requestId: requestId && (requestId === `r${id}` ? 'its own' : "another's"),
        cookie,
      }));
    }),
  );
}

/** All pairs in the barest program; in the others each way and each client. */
function pairsOf(framework: string): Question[] {
  const pairs = ways.flatMap((way) => clients.map((client) => ({ way, client })));
  return framework === 'http'
    ? pairs
    : pairs.filter(({ way, client }) => way === 'at once' || client === 'fetch');
}

async function carriesEachItsOwn(framework: string, how: Pick<MiddleOptions, 'node' | 'register'>) {
  await using middle = await startMiddle({ framework, called: called.origins, ...how });
  const asked = pairsOf(framework).map((pair, i) => ({
    ...pair,
    color: ['release-v1', 'release-v2', undefined, 'release-v3'][i % 4],
  }));
  for (const [i, calls] of (await ask(middle, asked)).entries()) {
    const { way, client, color } = asked[i] as Question;
    for (const call of calls)
      expect(call).toEqual({ way, client, arrived: color, requestId: 'its own', cookie: undefined });
  }
}

describe('carries what came in, of each request its own, on every way and by every client', () => {
  it.each(Object.keys(frameworks))('in a program of %s', (framework) =>
    carriesEachItsOwn(framework, { register }),
  );

  it(`on Node ${lowestNode}, the lowest`, { timeout: 120_000 }, async ({ skip }) => {
    await using built = await build(register);
    const node = await installLowestNode(dirname(built.file)).catch(() => undefined);
    if (node === undefined) return skip('needs an npm registry');
    await carriesEachItsOwn('http', { node, register: built.file });
  });
});

describe('carries nothing', () => {
  const colored = clients.map((client) => ({ way: 'at once', client, color: 'release-v1' }));

  it('to hosts outside the mesh', async () => {
    const env = { IN_MESH: 'service-b, *.svc' };
    await using middle = await startMiddle({ framework: 'http', called: called.origins, register, env });
    for (const call of (await ask(middle, colored)).flat()) {
      expect(call).toMatchObject({ arrived: undefined, requestId: undefined });
    }
  });

  it('over a header that the program set itself', async () => {
    await using middle = await startMiddle({ framework: 'http', called: called.origins, register });
    for (const call of (
      await ask(
        middle,
        colored.map((question) => ({ ...question, set: 'own' })),
      )
    ).flat()) {
      expect(call).toMatchObject({ arrived: 'own', requestId: 'its own' });
    }
  });
});

it.each([
  ['IN_MESH', 'a b', 'IN_MESH=a b: "a b" is no host; write name'],
  ['PROPAGATE_HEADERS', 'cookie', 'PROPAGATE_HEADERS=cookie: cookie is never carried on'],
])('refuses to start with %s=%s', async (name, value, message) => {
  const program = promisify(execFile)(process.execPath, [`--import=${register}`, '-e', ''], {
    env: { [name]: value },
  });
  await expect(program).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`carry: ${message}`),
  });
});

/** A Node on the PATH that is older than the one that runs the tests. */

/** One file of JavaScript, as an older Node reads it. */
async function build(input: string): Promise<{ file: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'carry-'));
  await using bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  const file = join(folder, 'register.mjs');
  await bundle.write({ file, format: 'esm' });
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
