/** What the process is given of the baseline's Deployment. */
import { expect, test, vi } from 'vitest';
import { parseLanes } from '../../lanes/lanes.ts';
import type { Cluster } from '../cluster.ts';
import { askBaseline, baselineContainer, environmentOf, readyPathOf } from './baseline.ts';

const [service] = parseLanes('services: { b: { port: 80, versions: [release, v1] } }').services;
if (!service) throw new Error('no service');

const clusterWith = (objects: Record<string, unknown>) => {
  const get = vi.fn(async ([kind, name]: readonly string[]) => objects[`${kind}/${name}`]);
  return { get, dryRun: false } as unknown as Cluster & { get: typeof get };
};

test('the container is the one called app, or the first one', async () => {
  const [app, other] = [{ name: 'app' }, { name: 'other' }];
  const of = (containers: object[]) => {
    const cluster = clusterWith({ 'deployment/b-release': { spec: { template: { spec: { containers } } } } });
    return baselineContainer(cluster, service);
  };
  expect(await of([other, app])).toBe(app);
  expect(await of([other])).toBe(other);
});

test('ready is what its probe asks by HTTP', () => {
  const ports = [
    { name: 'http', containerPort: 80 },
    { name: 'admin', containerPort: 9_000 },
  ];
  const of = (readinessProbe: object) => readyPathOf({ name: 'app', ports, readinessProbe }, 80);
  expect(of({ httpGet: { path: '/up', port: 'http' } })).toBe('/up');
  expect(of({ httpGet: { port: 80 } })).toBe('/');
  expect(of({ tcpSocket: { port: 80 } })).toBeUndefined();
  expect(of({ httpGet: { path: '/up', port: 443, scheme: 'HTTPS' } })).toBeUndefined();
  // Another port of the pod, which nobody has here.
  expect(of({ httpGet: { path: '/up', port: 'admin' } })).toBeUndefined();
  expect(of({ httpGet: { path: '/up', port: 9_000 } })).toBeUndefined();
  expect(readyPathOf(undefined, 80)).toBeUndefined();
});

test('values, ConfigMaps and Secrets, the later before the earlier; what cannot be read is named', async () => {
  const cluster = clusterWith({
    'configmap/settings': { data: { LEVEL: 'info', A: 'from the map' } },
    'secret/database': { data: { password: Buffer.from('s3cret').toString('base64') } },
  });
  const { env, missing } = await environmentOf(cluster, service, {
    name: 'app',
    envFrom: [
      { configMapRef: { name: 'settings' } },
      { prefix: 'X_', secretRef: { name: 'closed' } },
      { configMapRef: { name: 'not-there', optional: true } },
    ],
    env: [
      { name: 'A', value: 'own' },
      { name: 'B', value: '$(A) and $(NOBODY), $$(A), a$$b' },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'closed', key: 'token' } } },
      { name: 'MAYBE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'no', optional: true } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    ],
  });
  expect(env).toEqual({
    LEVEL: 'info',
    A: 'own',
    B: 'own and $(NOBODY), $(A), a$b',
    PASSWORD: 's3cret',
  });
  expect(missing).toEqual(['Secret closed', 'TOKEN (key token of closed)', 'IP (known in its pod only)']);
  // Each is read once, and not shown: it may be secret.
  expect(cluster.get.mock.calls.filter(([args]) => args[1] === 'closed')).toHaveLength(1);
  expect(cluster.get.mock.calls.map((call) => (call as unknown[])[1])).toEqual(
    cluster.get.mock.calls.map(() => ({ show: false })),
  );
});

test('a Deployment that cannot be read is named, where its environment is asked for', async () => {
  const target = { service } as Parameters<typeof askBaseline>[1]['target'];
  const asked = await askBaseline(clusterWith({}), { envFromBaseline: true, target });
  expect(asked.missing).toEqual(['Deployment b-release']);
  expect((await askBaseline(clusterWith({}), { envFromBaseline: false, target })).missing).toEqual([]);
});
