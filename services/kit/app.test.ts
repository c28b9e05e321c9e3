import { connect, type Socket } from 'node:net';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { listening, testServiceB } from '../testing/apps.ts';
import { rawRequest } from '../testing/raw-request.ts';

const operational = ['/healthz', '/readyz', '/metrics'];

/** One app with its caller and its log. */
function service(env: NodeJS.ProcessEnv = {}) {
  const { app, lines, deps } = testServiceB(env);
  return { app, call: () => request(app.callback()), lines, deps };
}

/** The samples at /metrics that start with this, without the labels that all of them have. */
async function samples(call: ReturnType<typeof service>['call'], name: string): Promise<string[]> {
  const { text } = await call().get('/metrics').expect(200);
  return text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .map((line) => line.replace(/,?service="service-b",version="release"/, '').replace('{,', '{'));
}

describe('operational paths', () => {
  it('answer GET', async () => {
    const { call } = service();
    await call().get('/healthz').expect(200, 'ok');
    await call().get('/readyz').expect(200, 'ready');
    const metrics = await call().get('/metrics').expect(200);
    expect(metrics.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(metrics.text).toContain('process_cpu_seconds_total');
  });

  for (const path of operational) {
    it.each(['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(`refuse %s ${path}`, async (method) => {
      await using server = await listening(service().app.callback());
      const answer = await rawRequest(server.url, method, path);
      expect(answer).toMatchObject({
        status: 405,
        headers: { allow: 'GET', 'content-type': 'application/problem+json' },
      });
      if (method !== 'HEAD') {
        expect(JSON.parse(answer.body)).toMatchObject({
          title: 'Method Not Allowed',
          status: 405,
          detail: `${method} ${path}: GET only`,
        });
      }
    });
  }

  it.each(['/Healthz', '/healthz/', '//healthz', '/healthz/x', '/readyz/../x'])(
    'are not %s',
    async (path) => {
      await using server = await listening(service().app.callback());
      expect(await rawRequest(server.url, 'GET', path)).toMatchObject({ status: 200, body: 'release' });
    },
  );

  it('say 503 at /readyz, and at nothing else, when READY=false or while it stops', async () => {
    const stopping = service();
    stopping.deps.readiness.stop();
    for (const { call } of [service({ READY: 'false' }), stopping]) {
      await call().get('/readyz').expect(503, 'not ready');
      await call().get('/healthz').expect(200);
      await call().get('/').expect(200);
    }
  });
});

describe('request bodies', () => {
  const limit = 64 * 1024;

  it.each([0, 1, limit])('of %i bytes are read and dropped', async (length) => {
    await service().call().post('/').send('x'.repeat(length)).expect(200, 'release');
  });

  it('one byte longer: 413', async () => {
    const response = await service()
      .call()
      .post('/')
      .send('x'.repeat(limit + 1))
      .expect(413);
    expect(response.body).toMatchObject({ status: 413, detail: 'request bodies are limited to 65536 bytes' });
  });

  it('much longer: the client still gets its answer', async () => {
    await using server = await listening(service().app.callback());
    const { status } = await fetch(server.url, { method: 'POST', body: new Uint8Array(4_000_000) });
    expect(status).toBe(413);
  });

  it('without a length are counted: 413 beyond the bound', async () => {
    await using server = await listening(service().app.callback());
    const chunks = (n: number) =>
      new ReadableStream({
        start(controller) {
          for (let i = 0; i < n; i++) controller.enqueue(new Uint8Array(1024));
          controller.close();
        },
      });
    const post = (body: ReadableStream) =>
      fetch(server.url, { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect((await post(chunks(64))).status).toBe(200);
    expect((await post(chunks(65))).status).toBe(413);
  });
});

describe('metrics', () => {
  it('count hops by what became of the colour', async () => {
    const { call } = service();
    for (const color of ['release', 'release', 'release-v1', '-', 'MALFORMED']) {
      await call().get('/').set('project-version', color);
    }
    await call().get('/healthz').set('project-version', 'release');
    expect(await samples(call, 'coloring_hops_total')).toEqual([
      'coloring_hops_total{outcome="match"} 2',
      'coloring_hops_total{outcome="fallback"} 1',
      'coloring_hops_total{outcome="baseline"} 2',
    ]);
  });

  it('count requests by route, method and status, never by what a client made up', async () => {
    const { app, call } = service();
    await using server = await listening(app.callback());
    for (const path of ['/', '/x/1', '/x/2?y']) await call().get(path);
    await rawRequest(server.url, 'PROPFIND', '/');
    await call().get('/healthz');
    await call().post('/readyz');
    expect((await samples(call, 'http_request_duration_seconds_count')).sort()).toEqual([
      'http_request_duration_seconds_count{route="/*",method="GET",status="200"} 3',
      'http_request_duration_seconds_count{route="/*",method="OTHER",status="200"} 1',
      'http_request_duration_seconds_count{route="/healthz",method="GET",status="200"} 1',
      'http_request_duration_seconds_count{route="/readyz",method="POST",status="405"} 1',
    ]);
  });

  it('are of one app alone', async () => {
    const [one, other] = [service(), service()];
    await one.call().get('/');
    expect(await samples(other.call, 'http_request_duration_seconds_count')).toEqual([]);
  });
});

describe('logs', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';

  it('are silent about a request at info', async () => {
    const { call, lines } = service();
    await call().get('/').set('project-version', 'release-v1').expect(200);
    expect(lines).toEqual([]);
  });

  it('say one line a request at debug, with request id, trace id, colour and version', async () => {
    const { call, lines } = service({ LOG_LEVEL: 'debug', PROJECT_VERSION: 'release-v3' });
    await call()
      .post('/x?y')
      .set({
        'project-version': 'release-v1',
        'x-request-id': 'r1',
        traceparent: `00-${trace}-b7ad6b7169203331-01`,
      });
    expect(lines).toMatchObject([
      {
        level: 'debug',
        service: 'service-b',
        version: 'release-v3',
        color: 'release-v1',
        requestId: 'r1',
        traceId: trace,
        method: 'POST',
        path: '/x',
        status: 200,
      },
    ]);
  });

  it.each([
    ['a broken body', 'Transfer-Encoding: chunked\r\n\r\nno chunk\r\n', (socket: Socket) => socket.end()],
    ['a client that hangs up', 'Content-Length: 9\r\n\r\nhalf', (socket: Socket) => socket.resetAndDestroy()],
  ])('of %s are debug, and hold nothing of the request but its path', async (_, rest, then) => {
    const { app, lines } = service({ LOG_LEVEL: 'debug' });
    await using server = await listening(app.callback());
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => {});
    server.server.once('request', () => then(socket));
    socket.write(
      `POST /x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\nCookie: c=secret\r\n${rest}`,
    );
    await expect.poll(() => lines.map(({ msg }) => msg)).toContain('request');
    await expect.poll(() => lines.some(({ code }) => code !== undefined)).toBe(true);
    expect(new Set(lines.map(({ level }) => level))).toEqual(new Set(['debug']));
    expect(JSON.stringify(lines)).not.toMatch(/c2VjcmV0|secret|stack|raw/i);
  });

  it('of a fault have its stack and code, and nothing else that it holds', async () => {
    const { lines, deps } = service();
    deps.log.error(
      { err: Object.assign(new Error('fault'), { code: 'E', config: { headers: 'secret' } }) },
      'x',
    );
    expect(lines).toMatchObject([
      { err: { type: 'Error', message: 'fault', code: 'E', stack: expect.any(String) } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('warn once of a malformed colour, cut short, with the request that had it', async () => {
    const { call, lines } = service();
    const color = 'X'.repeat(1000);
    for (let i = 0; i < 3; i++)
      await call()
        .get('/')
        .set({ 'project-version': color, 'x-request-id': `r${i}` });
    expect(lines).toMatchObject([
      { level: 'warn', malformed: `${'X'.repeat(64)}…`, color: '-', requestId: 'r0' },
    ]);
  });
});
