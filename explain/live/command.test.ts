/** `coloring explain --context` and `coloring lint --context` as a person calls them, with a kubectl that reads files. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { runHere } from '../../cli/testing/run-here.ts';
import type { KubernetesObject } from '../../cluster/objects.ts';
import { type FakeKubectl, kubectlOver } from '../../cluster/testing/fake-kubectl.ts';
import { resources } from './resources.ts';
import { podOf, serviceOf } from './testing.ts';

const objects = [
  podOf('web-abc-1', 'web', 'v1', '10.1.0.1'),
  podOf('api-v1-abc-1', 'api', 'v1', '10.1.0.2'),
  serviceOf('api', '{ name: http, port: 80 }', [{ name: 'api-v1-abc-1', ip: '10.1.0.2' }]),
  `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: api, namespace: shop }
spec: { host: api, subsets: [{ name: v1, labels: { version: v1 } }, { name: v9, labels: { version: v9 } }] }
`,
];

let kubectl: FakeKubectl;
let env: Record<string, string>;
beforeAll(async () => {
  const all = parseAllDocuments(objects.join('\n---\n')).map(
    (document) => document.toJS() as KubernetesObject,
  );
  kubectl = await kubectlOver(
    all,
    Object.values(resources),
    (folder) => `if [ "$3" = exec ]; then cat '${folder}/exec'; exit; fi`,
  );
  // What Envoy has: nothing at all.
  await writeFile(join(kubectl.folder, 'exec'), '{"configs": []}');
  ({ env } = kubectl);
});
afterAll(() => kubectl.remove());

const asked = ['--context', 'any', '-n', 'shop'];

it('explains', async () => {
  const { exitCode, stdout } = await runHere(
    ['explain', ...asked, '--from', 'deploy/web', 'http://api/'],
    env,
  );
  expect(stdout.split('\n').slice(0, 4)).toEqual([
    'sidecar of shop/web-abc-1: GET http://api/',
    '   ✓ Istio  default  decides',
    '   → outbound|80||api.shop.svc.cluster.local',
    '   → api-v1-abc-1 (version v1)',
  ]);
  expect(exitCode).toBe(0);
});

it('explains as data, beside what Envoy has', async () => {
  const { exitCode, stdout } = await runHere(
    ['explain', ...asked, '--from', 'deploy/web', '--compare', '--json', 'http://api/'],
    env,
  );
  expect(JSON.parse(stdout)).toMatchObject({
    caller: { namespace: 'shop', pod: 'web-abc-1', proxy: 'sidecar' },
    endings: [{ percent: 100, servedBy: [{ endpoint: 'api-v1-abc-1' }] }],
    envoy: { verdict: 'different' },
  });
  expect(exitCode).toBe(1);
});

it('lints', async () => {
  const { exitCode, stdout } = await runHere(['lint', ...asked], env);
  expect(stdout).toMatch(
    /^! DestinationRule shop\/api subsets\[1\]: subset "v9" selects version=v9, .*\[subset-selects-nobody\]$/m,
  );
  expect(exitCode).toBe(1);
});

it('says what is missing', async () => {
  const { exitCode, stderr } = await runHere(['explain', ...asked, '--from', 'nobody', 'http://api/'], env);
  expect(stderr).toContain('no such pod in namespace shop (has: web-abc-1, api-v1-abc-1)');
  expect(exitCode).toBe(2);
});
