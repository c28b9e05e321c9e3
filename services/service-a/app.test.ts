import type { RequestListener } from 'node:http';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { type LogLine, listening, testServiceA, testServiceB } from '../testing/apps.ts';
import { rawRequest } from '../testing/raw-request.ts';

const jsonAccept = { accept: 'application/json' };

/** service-a@release-v1 in front of service-b@release. */
async function pair(env: NodeJS.ProcessEnv = {}) {
  const b = await listening(testServiceB().app.callback());
  const a = testServiceA({ PROJECT_VERSION: 'release-v1', SERVICE_B_URL: b.url, ...env });
  return { a: () => request(a.app.callback()), [Symbol.asyncDispose]: () => b[Symbol.asyncDispose]() };
}

/** service-a facing something else, and what it logged. */
async function facing(listener: RequestListener, env: NodeJS.ProcessEnv = {}) {
  const b = await listening(listener);
  const { app, lines } = testServiceA({ SERVICE_B_URL: b.url, ...env });
  return {
    app,
    a: () => request(app.callback()),
    lines,
    [Symbol.asyncDispose]: () => b[Symbol.asyncDispose](),
  };
}

describe('service-a', () => {
  it('answers with the version that service-b answered', async () => {
    await using services = await pair();
    const response = await services.a().get('/').set('project-version', 'release-v1').expect(200);
    expect(response.text).toBe('release');
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  it('answers JSON with the whole trail: the colour crosses a fallback', async () => {
    await using services = await pair();
    const response = await services.a().get('/x/y?q=1').set(jsonAccept).set('project-version', 'release-v3');
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.body).toEqual({
      color: 'release-v3',
      trail: [
        { service: 'service-a', version: 'release-v1', color: 'release-v3', path: '/x/y' },
        { service: 'service-b', version: 'release', color: 'release-v3', path: '/x/y' },
      ],
    });
  });

  it('shows with ?headers what arrived at each hop', async () => {
    await using services = await pair({ PROPAGATE_HEADERS: 'end-user' });
    const sent = {
      'end-user': 'zack',
      baggage: 'a=1',
      cookie: 'c=1',
      authorization: 'Basic x',
      'x-other': '1',
    };
    const response = await services.a().get('/?headers').set(jsonAccept).set(sent);
    const [atA, atB] = response.body.trail.map((hop: { headers: object }) => hop.headers);
    expect(atA).toMatchObject({ 'end-user': 'zack', baggage: 'a=1', 'x-other': '1' });
    expect(atA).not.toHaveProperty('cookie');
    expect(atB).toMatchObject({ 'end-user': 'zack', baggage: 'a=1', 'project-version': '-' });
    for (const name of ['cookie', 'authorization', 'x-other']) expect(atB).not.toHaveProperty(name);
  });

  it.each(['Release', 'a'.repeat(64), 'v1, v2', 'grün'])(
    'carries the malformed colour %s on as -',
    async (color) => {
      await using services = await pair();
      const response = await services.a().get('/?headers').set(jsonAccept).set('project-version', color);
      expect(response.body).toMatchObject({ color: '-', trail: [{ color: '-' }, { color: '-' }] });
      expect(response.body.trail[1].headers['project-version']).toBe('-');
    },
  );

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'asks by %s what it is asked by %s',
    async (method) => {
      const seen: string[] = [];
      await using services = await facing((req, res) => {
        seen.push(
          `${req.method} ${req.url} ${req.headers['content-type']} ${req.headers['content-length'] ?? 0}`,
        );
        res.end('release');
      });
      const path = '/a/../b//%2F?x=1&x=2&y';
      await using a = await listening(services.app.callback());
      expect(await rawRequest(a.url, method, path)).toMatchObject({ status: 200, body: 'release' });
      expect(seen).toEqual([`${method} ${path} undefined 0`]);
    },
  );

  it('answers HEAD without a body, and asks by it', async () => {
    const seen: (string | undefined)[] = [];
    await using services = await facing((req, res) => {
      seen.push(req.method);
      res.end();
    });
    const response = await services.a().head('/').expect(200);
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(seen).toEqual(['HEAD']);
  });

  it('asks no one but service-b, whatever the path looks like', async () => {
    const seen: (string | undefined)[] = [];
    await using services = await facing((req, res) => {
      seen.push(req.url);
      res.end('release');
    });
    await services.a().get('//elsewhere.test/x').expect(200);
    expect(seen).toEqual(['//elsewhere.test/x']);
  });

  it('answers 400 where there is no path', async () => {
    const { app } = testServiceA({});
    await using served = await listening(app.callback());
    expect(await rawRequest(served.url, 'OPTIONS', '*')).toMatchObject({ status: 400 });
  });
});

describe('service-a that calls several', () => {
  const called = async (name: string) =>
    listening(testServiceB({ SERVICE_NAME: name, PROJECT_VERSION: `${name}-v1` }).app.callback());
  const hop = (service: string, more = {}) => ({ service, path: '/', color: '-', ...more });

  it.each(['false', 'true'])('asks each and shows who called whom; parallel: %s', async (parallel) => {
    await using db = await called('db');
    await using cache = await called('cache');
    const env = { CALLS: `${db.url}, ${cache.url}`, CALLS_PARALLEL: parallel };
    const api = testServiceA({ ...env, SERVICE_NAME: 'api' });
    await using served = await listening(api.app.callback());
    const web = testServiceA({
      CALLS: `${served.url},${db.url}`,
      CALLS_PARALLEL: parallel,
      SERVICE_NAME: 'web',
    });
    const answer = await request(web.app.callback()).get('/').set(jsonAccept).expect(200);
    expect(answer.body.trail).toMatchObject([
      hop('web'),
      hop('api'),
      hop('db'),
      hop('cache', { caller: 'api' }),
      hop('db', { caller: 'web' }),
    ]);
    expect(answer.body.trail.map(({ caller }: { caller?: string }) => caller)).toEqual([
      ...[undefined, undefined, undefined, 'api', 'web'],
    ]);
    await request(web.app.callback()).get('/').expect(200, 'db-v1');
  });

  it.each(['false', 'true'])('shows who answered before one that did not; parallel: %s', async (parallel) => {
    await using db = await called('db');
    await using broken = await listening((_, res) => res.writeHead(500).end());
    const { app } = testServiceA({ CALLS: `${db.url},${broken.url}`, CALLS_PARALLEL: parallel });
    const answer = await request(app.callback()).get('/').set(jsonAccept).expect(502);
    expect(answer.body.trail).toMatchObject([hop('service-a'), hop('db')]);
  });
});

describe('service-a without an answer from service-b', () => {
  const problem = (status: number, reason: string) => ({
    type: 'about:blank',
    status,
    reason,
    color: 'release-v1',
    trail: [{ service: 'service-a', version: 'release', color: 'release-v1', path: '/x' }],
  });

  async function failing(services: { a: () => ReturnType<typeof request>; lines: LogLine[] }) {
    const response = await services.a().get('/x?q').set('project-version', 'release-v1');
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(services.lines).toMatchObject([
      { level: 'warn', color: 'release-v1', reason: response.body.reason },
    ]);
    return response.body;
  }

  it.each([
    [500, 502],
    [503, 502],
    [504, 504],
    [404, 502],
    [302, 502],
  ])('that answered %i: %i', async (status, own) => {
    await using services = await facing((_, res) =>
      res.writeHead(status, { location: '/elsewhere' }).end('release'),
    );
    expect(await failing(services)).toMatchObject({
      ...problem(own, 'failed'),
      detail: `127.0.0.1 answered ${status}`,
    });
  });

  it('that is down: 502', async () => {
    const services = await facing(() => {});
    await services[Symbol.asyncDispose]();
    expect(await failing(services)).toMatchObject({
      ...problem(502, 'unreachable'),
      detail: '127.0.0.1 cannot be reached: ECONNREFUSED',
    });
  });

  it('that breaks the connection off: 502', async () => {
    await using services = await facing((req) => req.socket.destroy());
    expect(await failing(services)).toMatchObject(problem(502, 'unreachable'));
  });

  it('that does not answer in time: 504', async () => {
    await using services = await facing(() => {}, { SERVICE_B_TIMEOUT_MS: '50' });
    expect(await failing(services)).toMatchObject({
      ...problem(504, 'time-out'),
      detail: '127.0.0.1 did not answer within 50 ms',
    });
  });

  it('that does not end its answer in time: 504', async () => {
    await using services = await facing((_, res) => void res.write('rel'), { SERVICE_B_TIMEOUT_MS: '50' });
    expect(await failing(services)).toMatchObject(problem(504, 'time-out'));
  });

  it.each(['', 'Hello, world', '<html>', 'release\nrelease', 'x'.repeat(300_000)])(
    'that answers something else: 502',
    async (body) => {
      await using services = await facing((_, res) => res.end(body));
      expect(await failing(services)).toMatchObject(problem(502, 'not understood'));
    },
  );

  it.each(['release', '{}', '{"color":"-","trail":[]}', '{"color":"-","trail":[{"service":1}]}'])(
    'that answers %s for a trail: 502',
    async (body) => {
      await using services = await facing((_, res) => res.end(body));
      const response = await services.a().get('/').set(jsonAccept).expect(502);
      expect(response.body).toMatchObject({ reason: 'not understood', trail: [{ service: 'service-a' }] });
    },
  );

  it('keeps serving', async () => {
    let failures = 3;
    await using services = await facing((_, res) => {
      if (failures-- > 0) res.destroy();
      else res.end('release-v1');
    });
    for (let i = 0; i < 3; i++) await services.a().get('/').expect(502);
    await services.a().get('/').expect(200, 'release-v1');
  });

  it('hangs up on service-b when its client hangs up', async () => {
    const asked = Promise.withResolvers<void>();
    const hungUp = Promise.withResolvers<void>();
    await using b = await listening((req) => {
      asked.resolve();
      req.socket.once('close', () => hungUp.resolve());
    });
    const { app, lines } = testServiceA({ SERVICE_B_URL: b.url });
    await using a = await listening(app.callback());
    const client = new AbortController();
    const answer = fetch(a.url, { signal: client.signal });
    await asked.promise;
    client.abort();
    await expect(answer).rejects.toThrow();
    await hungUp.promise;
    expect(lines).toEqual([]);
  });
});
