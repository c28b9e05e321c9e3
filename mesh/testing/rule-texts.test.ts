/** Texts of rules in heads: what is not ASCII goes out as UTF-8, as from Envoy; what HTTP cannot carry is refused. */
import { afterEach, describe, expect, it } from 'vitest';
import { formatProblem, parseRules } from '../rules/load.ts';
import { answersTo } from './raw.ts';
import { startApp, startWorld, toB, virtualService, type World } from './test-world.ts';

const utf8 = (text: string) => Buffer.from(text).toString('latin1');

describe('what is not ASCII', () => {
  let world: World;
  afterEach(() => world.close());
  const get = (...headers: string[]) =>
    answersTo(
      world.sidecar.proxyUrl,
      ['GET / HTTP/1.1', 'Host: b', 'Connection: close', ...headers, '', ''].join('\r\n'),
    );

  it('is sent as UTF-8, both ways', async () => {
    const headers = 'headers: { request: { set: { x: "zwölf →" } }, response: { set: { y: "中文" } } }';
    const rewrite = 'rewrite: { authority: "bücher.test" }';
    world = await startWorld([await startApp('v1')], virtualService(`- { ${toB}, ${headers}, ${rewrite} }`));
    expect(await get()).toContain(`y: ${utf8('中文')}\r\n`);
    expect(world.apps[0]?.seen[0]?.headers).toMatchObject({ x: utf8('zwölf →'), host: utf8('bücher.test') });
  });

  it('is compared with UTF-8 that came', async () => {
    const match = 'match: [{ headers: { x: { exact: "中文" } } }]';
    world = await startWorld(
      [],
      virtualService(
        `- { ${match}, directResponse: { status: 418 } }\n    - { directResponse: { status: 200 } }`,
      ),
    );
    expect(await get(`x: ${utf8('中文')}`)).toContain(' 418 ');
    expect(await get('x: \xe4')).toContain(' 200 ');
  });

  it('and a chain of proxies in other bytes ends nothing', async () => {
    world = await startWorld([await startApp('v1')], virtualService(`- { ${toB}, mirror: { host: b } }`));
    expect(await get('x-forwarded-for: \xe4→', `x-request-id: ${utf8('→')}`)).toContain(' 200 ');
  });

  it('is sent as UTF-8 in a redirect', async () => {
    world = await startWorld(
      [],
      virtualService('- { redirect: { uri: "/中文", authority: "bücher.test" } }'),
    );
    expect(await get()).toContain(`location: ${utf8('http://bücher.test/中文')}\r\n`);
  });
});

describe('headers of one connection that a rule sets', () => {
  let world: World;
  afterEach(() => world.close());

  it('are not sent, as by Envoy', async () => {
    const set = 'set: { connection: close, upgrade: foo, keep-alive: x, te: gzip, x: z }';
    world = await startWorld(
      [await startApp('v1')],
      virtualService(`- { ${toB}, headers: { request: { ${set} }, response: { ${set} } } }`),
    );
    const answer = await world.call('http://b/');
    expect(answer).toMatchObject({ status: 200, body: 'v1', headers: { x: 'z' } });
    expect(answer.headers).not.toHaveProperty('upgrade');
    expect(world.apps[0]?.seen[0]?.headers).not.toHaveProperty('upgrade');
  });
});

it('a rewritten path that does not begin with / is answered with 400', async () => {
  const world = await startWorld([await startApp('v1')], virtualService(`- { ${toB}, rewrite: { uri: x } }`));
  expect(await world.call('http://b/')).toMatchObject({ status: 400, body: expect.stringContaining('rule') });
  await world.close();
});

it.each([
  ['{ redirect: { uri: "/a\\r\\nx: y" } }', 'http[0].redirect.uri: control characters in a header value'],
  [
    '{ redirect: { authority: "a\\nb" } }',
    'http[0].redirect.authority: control characters in a header value',
  ],
  [
    '{ redirect: { prefixRewrite: "/\\0" }, match: [{ uri: { prefix: / } }] }',
    'http[0].redirect.prefixRewrite: control',
  ],
  [`{ ${toB}, rewrite: { authority: "a\\nb" } }`, 'http[0].rewrite.authority: control characters'],
  [
    `{ ${toB}, rewrite: { uri: "/a b" } }`,
    'http[0].rewrite.uri: "/a b": a path is visible ASCII; write " " as %20',
  ],
  [`{ ${toB}, rewrite: { uri: "/ä" } }`, 'write "ä" as %C3%A4'],
  [`{ ${toB}, rewrite: { uriRegexRewrite: { match: "/x", rewrite: "/\\n" } } }`, 'write "\\n" as %0A'],
  [`{ ${toB}, headers: { request: { set: { x: "a\\rb" } } } }`, 'request.set.x: control characters'],
  [
    `{ ${toB}, headers: { response: { set: { content-length: "3" } } } }`,
    'set[content-length]: says where the body ends',
  ],
  [
    `{ ${toB}, headers: { request: { add: { Transfer-Encoding: gzip } } } }`,
    'add[Transfer-Encoding]: says where',
  ],
])('%s is refused', (http, message) => {
  const result = parseRules([{ file: 'rules.yaml', text: virtualService(`- ${http}`) }]);
  expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([expect.stringContaining(message)]);
});
