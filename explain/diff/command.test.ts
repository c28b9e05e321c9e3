/** `coloring diff` from outside: real processes, folders, standard input, and a kubectl that reads files. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runHere } from '../../cli/testing/run-here.ts';
import { type FakeKubectl, kubectlOver } from '../../cluster/testing/fake-kubectl.ts';
import { resources } from '../live/resources.ts';
import { workloads } from './before.ts';
import { readWritten } from './written.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
let changed: string;
let kubectl: FakeKubectl;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diff-'));
  changed = join(folder, 'istio');
  await cp('istio', changed, { recursive: true });
  const serviceB = join(changed, 'service-b.yaml');
  const text = await readFile(serviceB, 'utf8');
  await writeFile(serviceB, text.replace(/ {4}- name: service-b\/release-v1\n.*\n.*\n/, ''));
  const live = await readWritten(['istio'], 'coloring');
  const service = (name: string, port: number) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'coloring' },
    spec: { selector: { app: name }, ports: [{ name: 'http', port }] },
  });
  const deployment = (app: string, version: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `${app}-${version}`, namespace: 'coloring' },
    spec: { template: { metadata: { labels: { app, version } } } },
  });
  const managed = {
    'meta.helm.sh/release-name': 'service-b-routes',
    'meta.helm.sh/release-namespace': 'coloring',
  };
  const objects = live.map(({ object }) =>
    object.metadata.name === 'service-b'
      ? { ...object, metadata: { ...object.metadata, annotations: managed } }
      : object,
  );
  const running = [
    ...['release', 'release-v1', 'release-v2'].map((version) => deployment('service-a', version)),
    ...['release', 'release-v1', 'release-v3'].map((version) => deployment('service-b', version)),
  ];
  kubectl = await kubectlOver(
    [...objects, service('service-a', 31000), service('service-b', 32000), ...running],
    [...Object.values(resources), ...workloads],
  );
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await kubectl.remove();
});

function diff(args: readonly string[], input = '') {
  return execa(process.execPath, ['cli/coloring.mjs', 'diff', ...args], {
    env: { ...kubectl.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    input,
    reject: false,
  });
}

it('finds nothing where the folder is what the other one is', async () => {
  const { exitCode, stdout } = await runHere(['diff', 'istio', '--against', 'istio']);
  expect(stdout).toContain('Nothing is taken away from anybody.');
  expect(exitCode).toBe(0);
});

it('fails where a cluster would lose a lane, and says whose it is', async () => {
  const { exitCode, stdout } = await diff([changed, '--context', 'any']);
  expect(stdout.split('\n')).toEqual([
    'Objects',
    `  ~ VirtualService coloring/service-b  ${changed}/service-b.yaml:17; Helm release service-b-routes`,
    '',
    'Effect',
    '  service-b: 3 versions to 2 (release, release-v1, release-v3 to release, release-v3)',
    '  ✗ service-b: release-v1 loses its lane, now served by release (callers in coloring)',
    '      VirtualService coloring/service-b (Helm release service-b-routes)',
    '',
    expect.stringMatching(/^1 thing taken away and not declared\. .* --allow 'service-b\/release-v1'/),
  ]);
  expect(exitCode).toBe(1);
});

it('lets what is declared pass, in an option or beside the change, and remarks what nothing needs', async () => {
  const byOption = await runHere(
    ['diff', changed, '--context', 'any', '--allow', 'service-*/release-v1'],
    kubectl.env,
  );
  expect(byOption.stdout).toContain('! declared: service-b: release-v1 loses its lane');
  expect(byOption.exitCode).toBe(0);
  const file = join(changed, '.coloring-diff-allow');
  await writeFile(file, 'service-b/release-v1 # merged yesterday\n\nservice-b/release-v9\n');
  try {
    const byFile = await runHere(['diff', changed, '--context', 'any', '--json'], kubectl.env);
    expect(JSON.parse(byFile.stdout)).toMatchObject({
      objects: [{ type: 'changed', object: { kind: 'VirtualService', name: 'service-b' } }],
      effects: [{ name: 'service-b/release-v1', takes: true, declared: `${file}:1`, after: 'release' }],
      idleDeclarations: [{ pattern: 'service-b/release-v9', from: `${file}:3` }],
    });
    expect(byFile.exitCode).toBe(0);
  } finally {
    await rm(file);
  }
});

it('reads standard input, and prunes what has its owner', async () => {
  const rule = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: service-b, namespace: coloring, labels: { app.kubernetes.io/instance: service-b-routes } }
spec: { host: service-b, subsets: [{ name: release, labels: { version: release } }] }
`;
  const kept = await diff(['-', '--context', 'any'], rule);
  expect(kept.stdout).toContain('service-b: release-v1: served by release-v1, now served by release (');
  expect(kept.exitCode).toBe(1);
  const beside = '\n---\n{ apiVersion: v1, kind: ConfigMap, metadata: { name: x } }';
  const gone = await diff(['-', '--context', 'any', '--prune'], `${rule}${beside}`);
  expect(gone.stdout).toContain('not looked at: 1 ConfigMap');
  expect(gone.stdout).toContain('- VirtualService coloring/service-b');
  expect(gone.exitCode).toBe(1);
});

it.each([
  [['istio'], 'Say what to compare with'],
  [['no-such-folder', '--against', 'istio'], 'no-such-folder:1: cannot be read: '],
  [['istio', '--against', 'istio', '--allow', 'release-v1'], '--allow: release-v1: write SERVICE/COLOUR'],
  [['istio', '--against', 'istio', '--prune'], '--prune is for --context'],
  [['istio', '--context', 'any', '-l', 'app=web'], 'add --prune'],
])('ends with 2 where it cannot look: %j', async (args, said) => {
  const { exitCode, stderr } = await runHere(['diff', ...args]);
  expect(stderr).toContain(said);
  expect(exitCode).toBe(2);
});

it('ends with 2 where Istio would not take the change, with file and line', async () => {
  const text =
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: a }\nspec: { hosst: [a] }\n';
  const { exitCode, stderr } = await diff(['-', '--against', 'istio'], text);
  expect((await diff(['-', '--against', 'istio'])).stderr).toBe('-: no object of Kubernetes in it');
  expect(stderr).toMatch(/^stdin:4: VirtualService a: spec\.hosst: unknown field; did you mean hosts\?$/m);
  expect(exitCode).toBe(2);
});
