import type { Axios, AxiosRequestConfig } from 'axios';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listening } from '../testing/apps.ts';
import { createOutbound } from './outbound.ts';

const serviceB = 'http://service-b:32000';

/** A client that takes the fast path. */
function client(config: AxiosRequestConfig = {}): Axios {
  return createOutbound({ inMesh: [serviceB], config: { maxRedirects: 0, decompress: false, ...config } });
}

/** One that does not. */
function byAxios(config: AxiosRequestConfig = {}): Axios {
  return createOutbound({ inMesh: [serviceB], config });
}

/** Answers with what it was asked. */
const echo = () =>
  listening(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    res.setHeader('x-answer', '1');
    res.end(JSON.stringify({ line: `${req.method} ${req.url}`, headers: req.headers, body }));
  });

describe('the fast path', () => {
  it.each(['/a/../b', '/%2e%2E/x', '/a?b=c?d&e', '//x', '/a#fragment'])(
    'sends %s as written',
    async (path) => {
      await using server = await echo();
      const { data } = await client().get(server.url + path);
      expect(data.line).toBe(`GET ${path.replace('#fragment', '')}`);
    },
  );

  it('asks / where the URL has no path', async () => {
    await using server = await echo();
    expect((await client().get(server.url)).data.line).toBe('GET /');
    expect((await client().get(`${server.url}?x`)).data.line).toBe('GET /?x');
  });

  it('follows no redirect', async () => {
    await using server = await listening((_, res) => res.writeHead(302, { location: '/elsewhere' }).end());
    const response = await client({ validateStatus: null }).get(server.url);
    expect(response).toMatchObject({ status: 302, headers: { location: '/elsewhere' } });
  });

  it('rejects an answer longer than the bound', async () => {
    await using server = await listening((_, res) => res.end('x'.repeat(11)));
    const bounded = (maxContentLength: number) => client({ maxContentLength }).get(server.url);
    await expect(bounded(10)).rejects.toThrow('maxContentLength size of 10 exceeded');
    await expect(bounded(11)).resolves.toMatchObject({ data: 'x'.repeat(11) });
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

  it.each([
    ['the fast path', client, '/x/../y?z'],
    ["axios' own adapter", byAxios, '/x/y?z'],
  ])(
    '%s asks the proxy in absolute form, for the host meant, over connections that stay',
    async (_, make, path) => {
      let connections = 0;
      const seen: unknown[] = [];
      await using sidecar = await listening((req, res) => {
        seen.push([req.method, req.url, req.headers.host, req.headers['project-version']]);
        res.end('release');
      });
      sidecar.server.on('connection', () => connections++);
      vi.stubEnv('HTTP_PROXY', sidecar.url);
      const http = make({});
      for (let i = 0; i < 3; i++) await http.get(serviceB + path);
      expect(seen).toEqual(Array(3).fill(['GET', serviceB + path, 'service-b:32000', '-']));
      expect(connections).toBeLessThan(3);
    },
  );

  it.each([
    ['the fast path', client],
    ["axios' own adapter", byAxios],
  ])('%s goes straight to a host in NO_PROXY', async (_, make) => {
    await using server = await echo();
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:9');
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect((await make().get(`${server.url}/x`)).data.line).toBe('GET /x');
  });
});
