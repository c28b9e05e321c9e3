import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ReloadResult, RulesError, startMesh } from '../mesh.ts';
import { loadRules } from '../rules/load.ts';
import { startApp, startWorld, type World } from './test-world.ts';

let folder: string;
let world: World | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rules-'));
});
afterEach(async () => {
  await world?.close();
  world = undefined;
  await rm(folder, { recursive: true });
});

const subsets = (...versions: string[]) => `
kind: DestinationRule
apiVersion: networking.istio.io/v1
metadata: { name: b, namespace: test }
spec: { host: b, subsets: [${versions.map((v) => `{ name: ${v}, labels: { version: ${v} } }`).join(', ')}] }
`;

const to = (version: string) => `${subsets('v1', 'v2')}---
kind: VirtualService
apiVersion: networking.istio.io/v1
metadata: { name: b, namespace: test }
spec: { hosts: [b], http: [{ route: [{ destination: { host: b, subset: ${version} } }] }] }
`;

const file = () => join(folder, 'b.yaml');

test('an edit takes effect by itself; a bad one leaves the last good rules and says what is wrong', async () => {
  await writeFile(file(), to('v1'));
  const results: ReloadResult[] = [];
  let told: (result: ReloadResult) => void = () => {};
  world = await startWorld([await startApp('v1'), await startApp('v2')], '', {
    rules: folder,
    watch: true,
    onReload: (result) => {
      results.push(result);
      told(result);
    },
  });
  const edit = async (text: string) => {
    const reloaded = new Promise<ReloadResult>((resolve) => {
      told = resolve;
    });
    await writeFile(file(), text);
    return reloaded;
  };
  expect((await world.call('http://b/')).body).toBe('v1');
  expect(await edit(to('v2'))).toMatchObject({ ok: true });
  expect((await world.call('http://b/')).body).toBe('v2');
  const bad = await edit(to('v1').replace('http:', 'htttp:'));
  expect(bad.ok || bad.problems[0]).toMatch(`${file()}:10: VirtualService b: spec.htttp: unknown field`);
  expect((await world.call('http://b/')).body).toBe('v2');
  expect(await edit(to('v1'))).toMatchObject({ ok: true });
  expect((await world.call('http://b/')).body).toBe('v1');
  expect(world.mesh.stats()).toMatchObject({ reloads: 2, failedReloads: 1 });
});

test('bad rules at the start are an error that names them all', async () => {
  await writeFile(file(), 'kind: VirtualService\napiVersion: networking.istio.io/v1\n');
  const start = startMesh({ rules: folder, registry: { services: [] } });
  await expect(start).rejects.toBeInstanceOf(RulesError);
  await expect(start).rejects.toThrow(`${file()}:1`);
});

test('rules that have just been read are not read again', async () => {
  await writeFile(file(), to('v1'));
  const loaded = await loadRules(folder, { defaultNamespace: 'test' });
  if (!loaded.ok) throw new Error('not ok');
  await writeFile(file(), to('v2'));
  const apps = [await startApp('v1'), await startApp('v2')];
  world = await startWorld(apps, '', { rules: folder, loaded });
  expect((await world.call('http://b/')).body).toBe('v1');
  expect(await world.mesh.reload()).toMatchObject({ ok: true });
  expect((await world.call('http://b/')).body).toBe('v2');
});

test('what somebody has written into one file is in force; what is being written in another is not read', async () => {
  await writeFile(file(), to('v1'));
  const other = join(folder, 'other.yaml');
  await writeFile(other, '# none yet\n');
  world = await startWorld([await startApp('v1'), await startApp('v2')], '', { rules: folder });
  await writeFile(other, 'kind: Virtual');
  expect(await world.mesh.use([{ file: file(), text: to('v2') }])).toMatchObject({ ok: true });
  expect((await world.call('http://b/')).body).toBe('v2');
  expect(world.mesh.sources()).toEqual([
    { file: file(), text: to('v2') },
    { file: other, text: '# none yet\n' },
  ]);
});

test('a request under way ends under the rules that it began with', async () => {
  await writeFile(file(), to('v1'));
  let finish = () => {};
  const v1 = await startApp('v1', (_req, res) => {
    finish = () => res.end('v1');
  });
  world = await startWorld([v1, await startApp('v2')], '', { rules: folder });
  const early = world.call('http://b/');
  await expect.poll(() => v1.seen.length).toBe(1);
  await writeFile(file(), to('v2').replace('- test', ''));
  await world.mesh.reload();
  expect((await world.call('http://b/')).body).toBe('v2');
  finish();
  expect((await early).body).toBe('v1');
});

test('100 reloads under load: no request fails', async () => {
  await writeFile(file(), to('v1'));
  world = await startWorld([await startApp('v1'), await startApp('v2')], '', { rules: folder });
  const { proxyUrl } = world.sidecar;
  const dispatcher = new Agent({ connections: 4 });
  let running = true;
  const statuses = new Map<string, number>();
  const load = Array.from({ length: 4 }, async () => {
    while (running) {
      // So that the reloads have their turn on a busy computer.
      await wait(1);
      const { statusCode, body } = await request(proxyUrl, { dispatcher, headers: { host: 'b' } });
      const seen = `${statusCode} ${await body.text()}`;
      statuses.set(seen, (statuses.get(seen) ?? 0) + 1);
    }
  });
  for (let i = 0; i < 100; i++) {
    // Every second time the policy changes as well, so that clusters are replaced, not only routes.
    const policy = i % 2 ? '' : `, trafficPolicy: { connectionPool: { http: { idleTimeout: ${i + 1}s } } }`;
    await writeFile(file(), to(i % 2 ? 'v1' : 'v2').replace('spec: { host: b', `spec: { host: b${policy}`));
    expect(await world.mesh.reload()).toMatchObject({ ok: true });
  }
  running = false;
  await Promise.all(load);
  await dispatcher.close();
  expect([...statuses.keys()].toSorted()).toEqual(['200 v1', '200 v2']);
  expect(world.mesh.stats()).toMatchObject({ reloads: 100, failedReloads: 0 });
});

test('readiness counts from the next request on', async () => {
  const [v1, v2] = [await startApp('v1'), await startApp('v2')];
  world = await startWorld([v1, v2], '');
  world.mesh.setReady('b.test.svc.cluster.local', 'v1', false);
  for (let i = 0; i < 10; i++) expect((await world.call('http://b/')).body).toBe('v2');
  world.mesh.setReady('b.test.svc.cluster.local', 'v2', false);
  expect(await world.call('http://b/')).toMatchObject({ status: 503, body: 'no healthy upstream' });
  world.mesh.setReady('b.test.svc.cluster.local', 'v1', true);
  expect((await world.call('http://b/')).body).toBe('v1');
  expect(() => world?.mesh.setReady('b.test.svc.cluster.local', 'v9', true)).toThrow('v9');
});

test('services come and go', async () => {
  const app = await startApp('v1');
  world = await startWorld([app], '', { outboundTrafficPolicy: 'REGISTRY_ONLY' });
  expect((await world.call('http://c/')).status).toBe(502);
  const ports = [{ name: 'http', number: 80 }];
  world.mesh.setRegistry({ services: [{ name: 'c', namespace: 'test', ports, endpoints: [app.endpoint] }] });
  expect(await world.call('http://c/')).toMatchObject({ status: 200, body: 'v1' });
  expect((await world.call('http://b/')).status).toBe(502);
});

test('close lets a request end within its grace, and cuts it after', async () => {
  let finish = () => {};
  const app = await startApp('v1', (_req, res) => {
    finish = () => res.end('v1');
  });
  world = await startWorld([app], '');
  const call = world.call('http://b/');
  await expect.poll(() => app.seen.length).toBe(1);
  const closed = world.mesh.close(5000);
  finish();
  expect((await call).body).toBe('v1');
  await closed;
});
