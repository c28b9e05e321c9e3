/** Rules in the manner of Istio's published examples, about services that are not ours: each is run, or refused by name. */
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatProblem, loadRules } from '../mesh/rules/load.ts';
import { type Asked, ask, type RunningLanes, runLanes } from './running-lanes.ts';

const worlds = 'test/worlds';

describe('bookinfo', () => {
  let lanes: RunningLanes;
  beforeAll(async () => {
    lanes = await runLanes(`${worlds}/bookinfo/lanes.yaml`, `${worlds}/bookinfo/base`, 'REGISTRY_ONLY');
  });
  afterAll(() => lanes.stop());
  afterEach(async () => {
    await rm(join(lanes.rules, 'example.yaml'), { force: true });
    await lanes.mesh.reload();
  });

  const tried = new Set<string>();

  /** Puts an example in force, with the base. */
  async function apply(example: string, edit: (text: string) => string = (text) => text): Promise<void> {
    tried.add(example);
    const text = await readFile(`${worlds}/bookinfo/rules/${example}`, 'utf8');
    await writeFile(join(lanes.rules, 'example.yaml'), edit(text));
    expect(await lanes.mesh.reload()).toMatchObject({ ok: true });
  }

  const asPage = (asked: Asked = {}) => ask(lanes, { path: '/productpage', ...asked });
  const zack = { headers: { 'end-user': 'zack' } };
  const served = ({ trail }: { trail: string }) => trail.replaceAll('(-)', '');

  it('without a rule for reviews any version answers; what no rule names is 404', async () => {
    const replies = await Promise.all(Array.from({ length: 60 }, () => asPage()));
    const versions = new Set(replies.map(served));
    expect([...versions].sort()).toEqual(['v1', 'v2', 'v3'].map((v) => `productpage/v1 -> reviews/${v}`));
    expect((await ask(lanes, { path: '/admin' })).status).toBe(404);
  });

  it('user-header.yaml: one user sees the version that is not released yet', async () => {
    await apply('user-header.yaml');
    expect(served(await asPage(zack))).toBe('productpage/v1 -> reviews/v2');
    expect(served(await asPage({ headers: { 'end-user': 'jo' } }))).toBe('productpage/v1 -> reviews/v1');
    expect(served(await asPage())).toBe('productpage/v1 -> reviews/v1');
  });

  it('weights.yaml: a fifth of the requests goes to the new version', async () => {
    await apply('weights.yaml');
    const count = 300;
    const replies = await Promise.all(Array.from({ length: count }, () => asPage()));
    const share = replies.filter((reply) => served(reply).endsWith('reviews/v3')).length / count;
    // More than five standard deviations to either side: wrong once in two million runs.
    expect(share).toBeGreaterThan(0.08);
    expect(share).toBeLessThan(0.32);
    expect(replies.some((reply) => served(reply).endsWith('reviews/v2'))).toBe(false);
  });

  it('mirror.yaml: the new version gets a copy, the caller the answer of the old one', async () => {
    await apply('mirror.yaml');
    const before = await requestsServedBy('v2');
    for (let i = 0; i < 5; i++) expect(served(await asPage())).toBe('productpage/v1 -> reviews/v1');
    await expect.poll(() => requestsServedBy('v2')).toBe(before + 5);
  });

  it('delay.yaml: one user waits', async () => {
    await apply('delay.yaml');
    const start = performance.now();
    const slow = asPage(zack).then(() => performance.now() - start);
    const first = await Promise.race([slow.then(() => 'zack'), asPage().then(() => 'somebody else')]);
    expect(first).toBe('somebody else');
    expect(await slow).toBeGreaterThan(1_490);
  });

  it('abort.yaml: one user gets an error', async () => {
    await apply('abort.yaml');
    const reply = await asPage(zack);
    expect(reply.status).toBe(502); // the page's own answer to what it got
    expect(reply.body).toContain('555');
    expect((await asPage()).status).toBe(200);
  });

  it('timeout.yaml: a caller in the mesh waits for the page no longer than its time-out', async () => {
    await apply('timeout.yaml');
    const sidecar = await lanes.mesh.sidecar({ name: 'curl', namespace: 'default', labels: { app: 'curl' } });
    const reply = await ask(lanes, { through: sidecar.proxyUrl, to: 'http://productpage:9080' });
    expect(reply).toMatchObject({ status: 504, body: 'upstream request timeout' });
    await sidecar.close();
  });

  it('egress.yaml: an outside host is blocked until a ServiceEntry names it', async () => {
    const outside = createServer((request, answer) => answer.end(`outside ${request.headers.host}`));
    await once(outside.listen(0, '127.0.0.1'), 'listening');
    const { port } = outside.address() as AddressInfo;
    const sidecar = await lanes.mesh.sidecar({ name: 'curl', namespace: 'default', labels: { app: 'curl' } });
    const call = () => ask(lanes, { through: sidecar.proxyUrl, to: 'http://outside.example.com' });

    expect((await call()).status).toBe(502);
    await apply('egress.yaml', (text) => text.replace('65535', String(port)));
    expect(await call()).toMatchObject({ status: 200, body: 'outside outside.example.com' });
    await sidecar.close();
    outside.close();
  });

  it('has no example that is not tried', async () => {
    expect([...tried].sort()).toEqual((await readdir(`${worlds}/bookinfo/rules`)).sort());
  });

  /** Counted by the version itself. */
  async function requestsServedBy(version: string): Promise<number> {
    const replica = lanes.replicas.find(
      ({ service, version: { name } }) => service.name === 'reviews' && name === version,
    );
    const metrics = await (await fetch(`http://127.0.0.1:${replica?.process.port}/metrics`)).text();
    const counts = [...metrics.matchAll(/^coloring_hops_total\{.*\} (\d+)$/gm)].map(([, count]) =>
      Number(count),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }
});

describe('what needs a cluster is refused by name', () => {
  it.each([
    ['authorization.yaml', 'AuthorizationPolicy nobody: kind AuthorizationPolicy'],
    ['cors.yaml', 'VirtualService reviews: spec.http[0].corsPolicy'],
    ['lua.yaml', 'EnvoyFilter color-by-host: spec.configPatches[0].applyTo: "HTTP_FILTER"'],
    ['passthrough.yaml', 'VirtualService nginx: spec.tls'],
    ['sidecar.yaml', 'Sidecar default: kind Sidecar'],
    ['tcp.yaml', 'VirtualService echo: spec.tcp'],
    ['tls-origination.yaml', 'DestinationRule reviews: spec.trafficPolicy.tls'],
  ])('%s', async (file, name) => {
    const loaded = await loadRules(`${worlds}/refused/${file}`);
    const problems = loaded.ok ? [] : loaded.problems.map(formatProblem);
    expect(problems).toEqual([expect.stringContaining(name)]);
    expect(problems[0]).toMatch(
      /^test\/worlds\/refused\/\S+\.yaml:\d+: .*not run by the local mesh; use a cluster$/,
    );
  });

  it('has no example that is not tried', async () => {
    expect(await readdir(`${worlds}/refused`)).toHaveLength(7);
  });
});
