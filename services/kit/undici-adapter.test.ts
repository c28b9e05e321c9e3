import { Axios, type AxiosRequestConfig } from 'axios';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listening } from '../testing/apps.ts';
import { createOutbound } from './outbound.ts';
import { undiciAdapter } from './undici-adapter.ts';

function client(config: AxiosRequestConfig = {}, maxResponseBytes?: number): Axios {
  return new Axios({
    headers: {},
    ...config,
    adapter: undiciAdapter({ headersFor: () => undefined, maxResponseBytes }),
  });
}

/** Answers with what it was asked. */
const echo = () =>
  listening(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    res.setHeader('x-answer', '1');
    res.end(JSON.stringify({ line: `${req.method} ${req.url}`, headers: req.headers, body }));
  });

describe('the adapter', () => {
  it('gives what axios gives: data, status, headers', async () => {
    await using server = await echo();
    const http = createOutbound({ inMesh: [] });
    const response = await http.post(`${server.url}/x`, { a: 1 }, { headers: { 'X-Sent': '1' } });
    expect(response).toMatchObject({ status: 200, statusText: 'OK' });
    expect(response.headers['x-answer']).toBe('1');
    expect(response.data).toMatchObject({
      line: 'POST /x',
      body: '{"a":1}',
      headers: { 'x-sent': '1', 'content-type': 'application/json', 'content-length': '7' },
    });
  });

  it.each(['/a/../b', '/%2e%2E/x', '/a?b=c?d&e', '//x', '/a#fragment'])(
    'sends %s as written',
    async (path) => {
      await using server = await echo();
      const { data } = await client().get(server.url + path);
      expect(JSON.parse(data).line).toBe(`GET ${path.replace('#fragment', '')}`);
    },
  );

  it('asks / where the URL has no path', async () => {
    await using server = await echo();
    expect(JSON.parse((await client().get(server.url)).data).line).toBe('GET /');
    expect(JSON.parse((await client().get(`${server.url}?x`)).data).line).toBe('GET /?x');
  });

  it('follows no redirect', async () => {
    await using server = await listening((_, res) => res.writeHead(302, { location: '/elsewhere' }).end());
    const response = await client({ validateStatus: null }).get(server.url);
    expect(response).toMatchObject({ status: 302, headers: { location: '/elsewhere' } });
  });

  it.each([
    [404, 'ERR_BAD_REQUEST'],
    [500, 'ERR_BAD_RESPONSE'],
  ])('rejects with the answer when it was %i', async (status, code) => {
    await using server = await listening((_, res) => res.writeHead(status).end('why'));
    await expect(createOutbound({ inMesh: [] }).get(server.url)).rejects.toMatchObject({
      isAxiosError: true,
      code,
      response: { status, data: 'why' },
    });
  });

  it('rejects an answer longer than the bound', async () => {
    await using server = await listening((_, res) => res.end('x'.repeat(11)));
    await expect(client({}, 10).get(server.url)).rejects.toThrow('answer longer than 10 bytes');
    await expect(client({}, 11).get(server.url)).resolves.toMatchObject({ data: 'x'.repeat(11) });
  });

  it('rejects a relative URL', async () => {
    await expect(client().get('/x')).rejects.toMatchObject({ code: 'ERR_INVALID_URL' });
  });

  it('gives up at the time-out, also while it still connects', async () => {
    await using server = await listening(() => {});
    await expect(client({ timeout: 20 }).get(server.url)).rejects.toMatchObject({ code: 'ECONNABORTED' });
    // 192.0.2.0/24 is for documentation: nothing answers there
    await expect(client({ timeout: 20 }).get('http://192.0.2.1/')).rejects.toMatchObject({
      isAxiosError: true,
    });
  });

  it('stops when its signal aborts, before or during the exchange', async () => {
    await using server = await listening(() => controller.abort());
    const controller = new AbortController();
    await expect(client().get(server.url, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_CANCELED',
    });
    await expect(client().get(server.url, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_CANCELED',
    });
  });

  it('keeps connections for later requests', async () => {
    let connections = 0;
    await using server = await echo();
    server.server.on('connection', () => connections++);
    const http = client();
    for (let i = 0; i < 5; i++) await http.get(server.url);
    expect(connections).toBeLessThan(3);
  });
});

describe('behind HTTP_PROXY', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('asks the proxy in absolute form, for the host meant, over connections that stay', async () => {
    let connections = 0;
    const seen: unknown[] = [];
    await using sidecar = await listening((req, res) => {
      seen.push([req.method, req.url, req.headers.host, req.headers['project-version']]);
      res.end('release');
    });
    sidecar.server.on('connection', () => connections++);
    vi.stubEnv('HTTP_PROXY', sidecar.url);
    const http = createOutbound({ inMesh: ['http://service-b:32000'] });
    for (let i = 0; i < 3; i++) await http.get('http://service-b:32000/x/../y?z');
    expect(seen).toEqual(Array(3).fill(['GET', 'http://service-b:32000/x/../y?z', 'service-b:32000', '-']));
    expect(connections).toBeLessThan(3);
  });

  it('goes straight to a host in NO_PROXY', async () => {
    await using server = await echo();
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:9');
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect(JSON.parse((await client().get(`${server.url}/x`)).data).line).toBe('GET /x');
  });
});
