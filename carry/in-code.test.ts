/** The middlewares and the wrapped clients: what the README says to write. */
import type { RequestListener } from 'node:http';
import axios from 'axios';
import express from 'express';
import Koa from 'koa';
import { Agent, fetch as npmFetch, Pool, request } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { carriedHeaders, carryByAxios, carryingFetch, expressCarry, koaCarry, undiciCarry } from './index.ts';
import { startCalled } from './testing/called.ts';
import { listening } from './testing/listening.ts';

const called = await startCalled();
const { http: inside } = called.origins;
/** The same, by a name that is not in the mesh. */
const outside = inside.replace('127.0.0.1', 'localhost');
/** Sends its caller to ?to=…. */
const away = await listening((req, res) =>
  res.writeHead(307, { location: new URL(req.url ?? '', 'http://x').searchParams.get('to') ?? '' }).end(),
);
afterAll(async () => {
  await called[Symbol.asyncDispose]();
  await away[Symbol.asyncDispose]();
});

const settings = { inMesh: '127.0.0.1', propagateHeaders: 'end-user' };
type Ask = (url: string, headers?: Record<string, string>) => Promise<string>;

const carriedFetch = carryingFetch(settings);
const carriedNpmFetch = carryingFetch(settings, npmFetch as never);
const client = carryByAxios(axios.create({ responseType: 'text' }), settings);
const agent = new Agent().compose(undiciCarry(settings));
const limited = new Pool(inside, { connections: 1 }).compose(undiciCarry({ ...settings, origin: inside }));

const clients: Record<string, Ask> = {
  fetch: async (url, headers = {}) => (await carriedFetch(url, { headers })).text(),
  'fetch of a Request': async (url, headers = {}) =>
    (await carriedFetch(new Request(url, { headers }))).text(),
  "undici's fetch": async (url, headers = {}) => (await carriedNpmFetch(url, { headers })).text(),
  axios: async (url, headers = {}) => (await client.get(url, { headers })).data,
  'an agent of undici': async (url, headers = {}) =>
    (await request(url, { dispatcher: agent, headers })).body.text(),
};

const servers: Record<string, (answer: (path: string) => Promise<string>) => RequestListener> = {
  koa: (answer) => {
    const app = new Koa();
    app.use(koaCarry(settings));
    app.use(async (ctx) => {
      ctx.body = await answer(ctx.url);
    });
    return app.callback();
  },
  express: (answer) => {
    const app = express();
    app.use(expressCarry(settings));
    app.get('/{*any}', async (req, res) => {
      res.send(await answer(req.url));
    });
    return app;
  },
};

describe.each(Object.keys(servers))('behind the middleware for %s', (name) => {
  it.each(Object.entries(clients))('%s sends on what came in, inside the mesh', async (_, ask) => {
    const server = servers[name]?.(async (path) => {
      const own = await ask(inside + path, path.includes('own') ? { 'Project-Version': 'own' } : {});
      return `${own} ${await ask(outside + path)}`;
    });
    await using service = await listening(server as RequestListener);
    const from = async (path: string, color?: string) => {
      const headers = { ...(color && { 'project-version': color }), 'end-user': 'zack', cookie: 'c=1' };
      return (await fetch(service.url + path, { headers })).text();
    };
    const id = `${name}-${_}`.replace(/\W/g, '');
    expect(await Promise.all([from('/a', 'release-v1'), from('/b', 'release-v2'), from('/c')])).toEqual([
      'release-v1 none',
      'release-v2 none',
      'none none',
    ]);
    expect(await from(`/own-${id}`, 'release-v1')).toBe('own none');
    const [first, second] = called.seen.get(`/own-${id}`) ?? [];
    expect(first).toMatchObject({ 'end-user': 'zack', 'project-version': 'own' });
    expect(second).not.toHaveProperty('end-user');
    for (const seen of [first, second]) expect(seen).not.toHaveProperty('cookie');
  });
});

describe('a redirect', () => {
  it.each(['fetch', "undici's fetch", 'axios'])('by %s gets the headers of where it leads', async (name) => {
    const server = servers.koa?.(async (path) => (clients[name] as Ask)(`${away.url}?to=${path.slice(1)}`));
    await using service = await listening(server as RequestListener);
    const to = async (url: string) =>
      (await fetch(`${service.url}/${url}/x`, { headers: { 'project-version': 'release-v1' } })).text();
    expect(await to(inside)).toBe('release-v1');
    expect(await to(outside)).toBe('none');
  });
});

it('a pool with a limit sends to each request what it carries', async () => {
  const server = servers.koa?.(async (path) => {
    const { body } = await limited.request({ method: 'GET', path });
    return body.text();
  });
  await using service = await listening(server as RequestListener);
  const colors = Array.from({ length: 20 }, (_, i) => `release-v${i}`);
  const answers = colors.map(async (color) =>
    (await fetch(service.url, { headers: { 'project-version': color } })).text(),
  );
  expect(await Promise.all(answers)).toEqual(colors);
});

it('a pool whose origin is not told is refused, not left out', async () => {
  const pool = new Pool(inside).compose(undiciCarry(settings));
  await expect(pool.request({ method: 'GET', path: '/' })).rejects.toThrow('undiciCarry: give { origin }');
});

it('settings that are wrong are told at once', () => {
  expect(() => koaCarry({ propagateHeaders: 'cookie' })).toThrow(
    'PROPAGATE_HEADERS=cookie: cookie is never carried on',
  );
  expect(() => carryingFetch({ inMesh: 'a b' })).toThrow('IN_MESH=a b: "a b" is no host');
});

it('outside of any request there is nothing to carry', () => {
  expect(carriedHeaders()).toBeUndefined();
});
