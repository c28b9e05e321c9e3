import { closeSync, openSync, writeSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLanes } from '../../lanes/lanes.ts';
import type { LocalLanes } from '../../local/local-lanes.ts';
import { type Mesh, startMesh } from '../../mesh/mesh.ts';
import type { Edit } from '../protocol.ts';
import { LocalFeed } from './feed.ts';
import { LocalSource } from './local-source.ts';

let folder: string;
let mesh: Mesh;
let source: LocalSource;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rules-'));
  await cp('istio', folder, { recursive: true });
  const lanes = await readLanes('lanes.yaml');
  const feed = new LocalFeed();
  mesh = await startMesh({
    rules: folder,
    defaultNamespace: lanes.namespace,
    registry: { services: [] },
    watch: true,
    onReload: feed.onReload,
  });
  const local = { lanes, mesh, replicas: [], whoListens: () => undefined } as unknown as LocalLanes;
  source = new LocalSource({ local, feed, rules: folder, probe: { path: '/' } });
});
afterEach(async () => {
  source.close();
  await mesh.close();
  await rm(folder, { recursive: true });
});

const late = (route: number): Edit => ({
  rule: 'VirtualService coloring/service-b',
  route,
  type: 'fault',
  delayMs: 2_000,
  percent: 100,
});
const make = async (edit: Edit) => source.apply((await source.plan([edit])).id);
const faults = () =>
  source.rules().tables.flatMap(({ routes }) => routes.flatMap(({ fault, index }) => (fault ? [index] : [])));

it('a change is in force at once, and the next one can be made', async () => {
  await make(late(0));
  await make(late(1));
  expect(faults()).toEqual([0, 1]);
  await source.undo(source.rules().undo?.id ?? '');
  expect(faults()).toEqual([0]);
  await make(late(2));
  expect(faults()).toEqual([0, 2]);
});

it('a change puts no other file in force that somebody is still writing', async () => {
  const count = source.rules().tables.length;
  const file = join(folder, 'service-a.yaml');
  const text = await readFile(file, 'utf8');
  const half = openSync(file, 'w');
  writeSync(half, text.slice(0, text.indexOf('---') + 4));
  await make(late(0));
  expect(source.rules().tables).toHaveLength(count);
  await source.undo(source.rules().undo?.id ?? '');
  expect(source.rules().tables).toHaveLength(count);
  writeSync(half, text.slice(text.indexOf('---') + 4));
  closeSync(half);
});

it('a file with a mistake is told of again after a change that it had no part in', async () => {
  const planned = await source.plan([late(0)]);
  await writeFile(join(folder, 'service-a.yaml'), 'kind: VirtualService\n');
  await expect.poll(() => source.rules().problems, { timeout: 10_000 }).toHaveLength(1);
  await source.apply(planned.id);
  expect(faults()).toEqual([0]);
  await expect.poll(() => source.rules().problems, { timeout: 10_000 }).toHaveLength(1);
  expect(faults()).toEqual([0]);
});
