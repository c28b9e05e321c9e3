import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { listening, testServiceA, testServiceB } from '../testing/apps.ts';
import { ConfigError } from './config.ts';
import { parseMisbehaveOrders, parseMisbehavior } from './misbehavior.ts';

describe('parseMisbehavior', () => {
  it('reads every part', () => {
    expect(parseMisbehavior('first=2; delay=200; hang; close=within; status=503; lose=color')).toEqual({
      first: 2,
      delay: 200,
      hang: true,
      close: 'within',
      status: 503,
      lose: 'color',
    });
  });

  it.each([
    'status=99',
    'status=600',
    'delay=-1',
    'delay',
    'first=0',
    'close',
    'close=after',
    'hang=1',
    'sleep=3',
    'lose=me',
  ])('refuses %s and says what it is', (part) => {
    expect(() => parseMisbehavior(part)).toThrow(JSON.stringify(part));
  });
});

it('parseMisbehaveOrders reads whose misbehaviour is asked for', () => {
  expect(parseMisbehaveOrders('service-b/release-v1; status=503, service-a; delay=5')).toEqual([
    { service: 'service-b', version: 'release-v1', misbehavior: { status: 503 } },
    { service: 'service-a', misbehavior: { delay: 5 } },
  ]);
  expect(() => parseMisbehaveOrders('status=503')).toThrow('"status=503" is neither a service nor');
});

describe('a service that may misbehave', () => {
  const env = { MISBEHAVE: '1', PROJECT_VERSION: 'release-v1' };
  const ask = (app: ReturnType<typeof testServiceB>['app'], order: string) =>
    request(app.callback()).get('/').set('x-misbehave', order);

  it('answers with the status asked for, and says why', async () => {
    const { app } = testServiceB(env);
    const answer = await ask(app, 'service-b/release-v1; status=503').expect(503);
    expect(answer.body).toMatchObject({ detail: 'service-b release-v1 was told to answer 503' });
  });

  it.each(['service-b/release; status=503', 'service-a; status=503'])(
    'ignores what is meant for others: %s',
    async (order) => {
      await ask(testServiceB(env).app, order).expect(200, 'release-v1');
    },
  );

  it('fails the first N of each request id, so that retries get through', async () => {
    const { app } = testServiceB(env);
    const order = 'service-b; first=2; status=503';
    for (const id of ['one', 'two']) {
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 4; attempt++) {
        statuses.push((await ask(app, order).set('x-request-id', id)).status);
      }
      expect(statuses).toEqual([503, 503, 200, 200]);
    }
  });

  it('is late', async () => {
    const start = performance.now();
    await ask(testServiceB(env).app, 'service-b; delay=80').expect(200);
    expect(performance.now() - start).toBeGreaterThanOrEqual(79);
  });

  it('hangs up before the answer, or within it', async () => {
    await using server = await listening(testServiceB(env).app.callback());
    const fetchWith = (order: string) => fetch(server.url, { headers: { 'x-misbehave': order } });
    await expect(fetchWith('service-b; close=before')).rejects.toThrow();
    const torn = await fetchWith('service-b; close=within');
    expect(torn.status).toBe(200);
    await expect(torn.text()).rejects.toThrow();
  });

  it('hangs until its caller gives up', async () => {
    await using server = await listening(testServiceB(env).app.callback());
    const asked = fetch(server.url, {
      headers: { 'x-misbehave': 'service-b; hang' },
      signal: AbortSignal.timeout(100),
    });
    await expect(asked).rejects.toThrow(/timeout/);
  });

  it('says what is wrong with an order', async () => {
    const answer = await ask(testServiceB(env).app, 'service-b; sleep=3').expect(400);
    expect(answer.body.detail).toContain('"sleep=3" is none of first=N');
  });

  it('carries the order on to the next hop', async () => {
    await using serviceB = await listening(testServiceB(env).app.callback());
    const { app } = testServiceA({ ...env, SERVICE_B_URL: serviceB.url });
    const answer = await ask(app, 'service-b; status=503').expect(502);
    expect(answer.body).toMatchObject({ reason: 'failed' });
  });

  it('misbehaves by itself where its version is told to, unless the request says otherwise', async () => {
    const { app } = testServiceB({ ...env, MISBEHAVE_AS: 'first=1; status=500' });
    await request(app.callback()).get('/').expect(500);
    await request(app.callback()).get('/').expect(200);
    const always = testServiceB({ ...env, MISBEHAVE_AS: 'status=500' }).app;
    await ask(always, 'service-b; status=429').expect(429);
    await request(always.callback()).get('/healthz').expect(200);
  });
});

describe('any other service', () => {
  it('refuses the header', async () => {
    const answer = await request(testServiceB().app.callback())
      .get('/')
      .set('x-misbehave', 'service-b; status=503')
      .expect(403);
    expect(answer.body.detail).toBe('x-misbehave: not allowed here; start service-b with MISBEHAVE=1');
  });

  it('refuses to start with MISBEHAVE_AS', () => {
    expect(() => testServiceB({ MISBEHAVE_AS: 'status=500' })).toThrow(
      new ConfigError('MISBEHAVE_AS: refused without MISBEHAVE=1'),
    );
    expect(() => testServiceB({ MISBEHAVE: '1', MISBEHAVE_AS: 'sleep=3' })).toThrow(
      /^MISBEHAVE_AS="sleep=3": /,
    );
  });
});
