import { afterEach, expect, test } from 'vitest';
import { startApp, startWorld, type World } from './test-world.ts';

let world: World;
afterEach(() => world.close());

const host = 'b.test.svc.cluster.local';
const priorities = 'type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3';

/** Colour `v1` goes to version v1, else to release; the rest to release. */
const rules = (port: number, retryPolicy: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: b }
spec: { host: b, subsets: [{ name: v1, labels: { version: v1 } }, { name: release, labels: { version: release } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: b }
spec:
  hosts: [b]
  http:
    - { name: b/v1, match: [{ headers: { color: { exact: v1 } } }], route: [{ destination: { host: b, subset: v1 } }] }
    - { name: b/release, route: [{ destination: { host: b, subset: release } }] }
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: b-fallback }
spec:
  configPatches:
    - applyTo: CLUSTER
      patch:
        operation: ADD
        value:
          name: fallback
          lb_policy: CLUSTER_PROVIDED
          cluster_type:
            name: envoy.clusters.aggregate
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig
              clusters: ["outbound|${port}|v1|${host}", "outbound|${port}|release|${host}"]
    - applyTo: HTTP_ROUTE
      match: { routeConfiguration: { vhost: { route: { name: b/v1 } } } }
      patch: { operation: MERGE, value: { route: { cluster: fallback${retryPolicy} } } }
`;

const typedConfig = `{ "@type": ${priorities}.PreviousPrioritiesConfig, update_frequency: 1 }`;
const retryPriority = `{ name: envoy.retry_priorities.previous_priorities, typed_config: ${typedConfig} }`;
const retryOn503 = `, retry_policy: { retriable_status_codes: [503], retry_priority: ${retryPriority} }`;
const retryAtNext = retryOn503.replace('{', '{ retry_on: "connect-failure,retriable-status-codes,reset",');

/** The port of service b in a test's world. */
const port = 80;

async function dyingVersion() {
  const dying = await startApp('v1');
  await dying.close(); // nobody listens any more, but it still counts as ready
  return { ...dying, close: async () => {} };
}

const inColor = { headers: { host: 'b', color: 'v1' } };

test('a version that refuses connections is passed over', async () => {
  world = await startWorld([await dyingVersion(), await startApp('release')], rules(port, retryAtNext));
  expect(await world.call('http://b/', inColor)).toMatchObject({ status: 200, body: 'release' });
  expect(world.log[0]).toMatchObject({ attempts: 2 });
});

test('a 503 of the version is answered by the next member', async () => {
  const failing = await startApp('v1', (_, res) => void res.writeHead(503).end());
  world = await startWorld([failing, await startApp('release')], rules(port, retryAtNext));
  expect(await world.call('http://b/', inColor)).toMatchObject({ status: 200, body: 'release' });
  expect(failing.seen).toHaveLength(1);
});

test('a connection that breaks under a request: the next member answers it', async () => {
  const cutting = await startApp('v1', (req) => void req.socket.destroy());
  world = await startWorld([cutting, await startApp('release')], rules(port, retryAtNext));
  expect(await world.call('http://b/', inColor)).toMatchObject({ status: 200, body: 'release' });
  expect(cutting.seen).toHaveLength(1);
});

test('without `reset` among the conditions it is the answer', async () => {
  const cutting = await startApp('v1', (req) => void req.socket.destroy());
  world = await startWorld([cutting, await startApp('release')], rules(port, retryOn503));
  expect(await world.call('http://b/', inColor)).toMatchObject({ status: 503 });
  expect(world.log[0]).toMatchObject({ attempts: 1, flags: ['UC'] });
});

test('another status is the answer', async () => {
  const failing = await startApp('v1', (_, res) => void res.writeHead(500).end('broken'));
  world = await startWorld([failing, await startApp('release')], rules(port, retryAtNext));
  expect(await world.call('http://b/', inColor)).toMatchObject({ status: 500, body: 'broken' });
});

test('without the retry policy all tries go to the version', async () => {
  world = await startWorld([await dyingVersion(), await startApp('release')], rules(port, ''));
  expect(await world.call('http://b/', inColor)).toMatchObject({ status: 503 });
  expect(world.log[0]).toMatchObject({ attempts: 3 });
});
