import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Cluster } from '../../cluster/cluster.ts';
import { ObjectReader } from '../../cluster/objects.ts';
import { Shell } from '../../cluster/shell.ts';
import { type FakeKubectl, fakeKubectl } from '../../cluster/testing/fake-kubectl.ts';
import { WatchedMesh } from './watched-mesh.ts';

vi.setConfig({ testTimeout: 30_000 });
const patient = { timeout: 20_000 };

/** A cluster that is there as long as the file `up` is. `kubectl --context test get --raw PATH` */
const kubectl = (folder: string) => `
up='${folder}/up'
if [ ! -e "$up" ]; then echo 'The connection to the server 127.0.0.1 was refused' >&2; exit 1; fi
case "$5" in
  *gateways*watch=true) echo 'Error from server (Forbidden): gateways is forbidden' >&2; exit 1 ;;
  */shop/pods*watch=true)
    cat "$up"
    while [ -e "$up" ]; do sleep 0.1; done
    echo 'error: unexpected EOF' >&2; exit 1 ;;
  *watch=true) while [ -e "$up" ]; do sleep 0.1; done; exit 1 ;;
  /api/v1/pods) printf '{"items": [%s]}' "$(cat "$up")" ;;
  *configmaps*) echo 'Error from server (NotFound): not found' >&2; exit 1 ;;
  *) echo '{"items": []}' ;;
esac
`;

const pod = (name: string) =>
  `{"metadata": {"name": "${name}", "namespace": "shop"}, "spec": {"containers": []}, "status": {}}`;

let fake: FakeKubectl;
let folder: string;
let over: AbortController;
beforeEach(async () => {
  over = new AbortController();
  fake = await fakeKubectl(kubectl);
  ({ folder } = fake);
  await writeFile(join(folder, 'up'), pod('first'));
  vi.stubEnv('PATH', fake.env.PATH);
});
afterEach(async () => {
  over.abort();
  vi.unstubAllEnvs();
  await fake.remove();
});

async function open(): Promise<{ mesh: WatchedMesh; told: () => number }> {
  const shell = new Shell({ dryRun: false, say: () => {}, signal: over.signal });
  const cluster = new Cluster('test', shell);
  let told = 0;
  const mesh = await WatchedMesh.open({
    cluster,
    objects: new ObjectReader(cluster),
    namespaces: ['shop'],
    onChange: () => told++,
    signal: over.signal,
  });
  return { mesh, told: () => told };
}

const podNames = ({ now }: WatchedMesh) => now.snapshot.pods.items.map(({ metadata }) => metadata.name);

it('keeps what it saw last while the cluster does not answer, and reads it anew when it does', async () => {
  const { mesh, told } = await open();
  expect(mesh.silence).toBe(undefined);
  await rm(join(folder, 'up'));
  await expect.poll(() => mesh.silence, patient).toContain('was refused');
  expect(podNames(mesh)).toEqual(['first']);
  const before = told();
  await writeFile(join(folder, 'up'), pod('second'));
  await expect.poll(() => mesh.silence, patient).toBe(undefined);
  expect(podNames(mesh)).toEqual(['second']);
  expect(told()).toBeGreaterThan(before);
});

it('names what the user may not watch', async () => {
  const { mesh } = await open();
  await expect
    .poll(() => mesh.unwatched, patient)
    .toEqual(['no right to watch: changes of Gateway are seen only when something else changes']);
});

it('a cluster that is not there at the start is an error', async () => {
  await rm(join(folder, 'up'));
  await expect(open()).rejects.toThrow('was refused');
});
