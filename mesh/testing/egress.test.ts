import { afterEach, expect, test } from 'vitest';
import { type App, startApp, startWorld, type World } from './test-world.ts';

let world: World;
let outside: App;
afterEach(async () => {
  await world.close();
  await outside.close();
});

const entry = (port: number) => `
kind: ServiceEntry
apiVersion: networking.istio.io/v1
metadata: { name: outside }
spec:
  hosts: [outside.example]
  ports: [{ number: ${port}, name: http, protocol: HTTP }]
  resolution: STATIC
  endpoints: [{ address: 127.0.0.1 }]
`;

test('ALLOW_ANY: an unknown host is reached as if no proxy were there', async () => {
  outside = await startApp('outside');
  world = await startWorld([], '');
  const { port } = outside.endpoint;
  expect(await world.call(`http://localhost:${port}/`)).toMatchObject({ status: 200, body: 'outside' });
  expect(world.log[0]).toMatchObject({ upstreamCluster: 'PassthroughCluster', flags: [] });
});

test('ALLOW_ANY: a service by another Host: an endpoint for each connection, as by kube-proxy, not for each request', async () => {
  outside = await startApp('outside');
  world = await startWorld([await startApp('one'), await startApp('two')], '');
  const call = async () => (await world.call('http://b/', { headers: { host: 'demo.example' } })).body;
  const [first, second, third] = [await call(), await call(), await call()];
  expect([second, third]).toEqual([first, first]);
  expect(new Set(await Promise.all([call(), call()]))).toEqual(new Set(['one', 'two']));
});

test('REGISTRY_ONLY: an unknown host is blocked, 502 and no body', async () => {
  outside = await startApp('outside');
  world = await startWorld([], '', { outboundTrafficPolicy: 'REGISTRY_ONLY' });
  expect(await world.call(`http://localhost:${outside.endpoint.port}/`)).toMatchObject({
    status: 502,
    body: '',
  });
  expect(outside.seen).toEqual([]);
});

test('REGISTRY_ONLY: a ServiceEntry opens it', async () => {
  outside = await startApp('outside');
  const { port } = outside.endpoint;
  world = await startWorld([], entry(port), { outboundTrafficPolicy: 'REGISTRY_ONLY' });
  expect(await world.call(`http://outside.example:${port}/`)).toMatchObject({ status: 200, body: 'outside' });
  expect(outside.seen[0]?.headers.host).toBe(`outside.example:${port}`);
});

test('a host that DNS does not know: 503 UH', async () => {
  outside = await startApp('outside');
  world = await startWorld([], '');
  expect(await world.call('http://nowhere.invalid/')).toMatchObject({
    status: 503,
    body: 'no healthy upstream',
  });
  expect(world.log[0]?.flags).toEqual(['UH']);
});
