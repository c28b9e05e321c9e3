/** The commands that the commands for a cluster print in the dialect gateway: a release of charts/lane for each version. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runHere } from '../cli/testing/run-here.ts';
import { sources } from './sources.ts';
import { changes, dryRun, helm } from './testing/dry-run.ts';

const left = expect.stringContaining('left out, links: ');

test('kind up: CRDs, no gateway of Istio, the baseline before its lanes, then the way to the Gateway', async () => {
  const lines = await dryRun(['kind', 'up', '--dialect', 'gateway'], {}, left);
  const at = lines.findIndex((line) => line.includes('create namespace'));
  expect(lines.filter((line) => / (apply|upgrade) /.test(line)).slice(0, 3)).toEqual([
    `kubectl --context kind-coloring apply --server-side --filename ${sources.gatewayApi.at}`,
    expect.stringContaining('--install istio-base'),
    expect.stringContaining('--install istiod'),
  ]);
  const releases = lines.slice(at).flatMap((line) => /--install (\S+ \S+)/.exec(line)?.[1] ?? []);
  const groups = [releases.slice(0, 1), releases.slice(1, 3), releases.slice(3, 4), releases.slice(4)];
  // Lanes of one service come all at once.
  expect(groups.map((group) => group.sort())).toEqual([
    ['service-b-release charts/lane'],
    ['service-b-release-v1 charts/lane', 'service-b-release-v3 charts/lane'],
    ['service-a-release charts/lane'],
    ['service-a-release-v1 charts/lane', 'service-a-release-v2 charts/lane'],
  ]);
  expect(lines.slice(-4).map((line) => line.replace(/^kubectl --context \S+ /, ''))).toEqual([
    "apply --filename - <<'EOF'",
    'wait --for=create deployment/coloring-istio --namespace coloring --timeout=180s',
    'rollout status deployment/coloring-istio --namespace coloring --timeout=180s',
    expect.stringContaining('curl '),
  ]);
});

test('a lane is one release, told what its route needs', async () => {
  const lines = await dryRun(['kind', 'up', '--dialect', 'gateway'], { GATEWAY_API_CRDS: '/crds' }, left);
  expect(lines).toContainEqual(expect.stringContaining('apply --server-side --filename /crds'));
  const [lane] = lines.filter((line) => line.includes('--install service-a-release-v1 '));
  expect(lane).toMatch(
    new RegExp(
      `^${helm} upgrade --install service-a-release-v1 charts/lane --set-literal service=service-a --set-literal version=release-v1 --set-literal baseline=release --set-literal image=\\S+ --set port=31000 --set entry=true --wait --timeout 180s --namespace coloring$`,
    ),
  );
});

test('the baseline of the first entry makes the Gateway, for whose Service kind has no load balancer', async () => {
  const gateways = async (...args: string[]) => {
    const lines = await dryRun([...args, '--dialect', 'gateway'], {}, left);
    return lines.flatMap(
      (line) => /--install (\S+).* (--set \S*gateway\.create=true.*) --wait/.exec(line)?.slice(1) ?? [],
    );
  };
  const images = ['--image', 'service-a=a:1', '--image', 'service-b=b:1'];
  expect(await gateways('deploy', '--context', 'far', ...images)).toEqual([
    'service-a-release',
    '--set entry=true,gateway.create=true',
  ]);
  expect(await gateways('deploy', '--context', 'kind-x', ...images)).toEqual([
    'service-a-release',
    `--set entry=true,gateway.create=true --set-json 'gateway.annotations={"networking.istio.io/service-type":"ClusterIP"}'`,
  ]);
});

test('deploy asks at the Gateway of the lanes, through their namespace', async () => {
  const images = ['--image', 'service-a=a:1', '--image', 'service-b=b:1'];
  const lines = await dryRun(['deploy', '--context', 'far', '--dialect', 'gateway', ...images], {}, left);
  expect(lines).toContain(
    'kubectl --context far --namespace coloring port-forward service/coloring-istio :80',
  );
});

test('lane add and remove: where nothing is there, as the lanes file says', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lanes-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const lanes = join(folder, 'lanes.yaml');
  const file =
    'dialect: gateway\nheader: x-env\nservices: { b: { port: 80, versions: [main], baseline: main } }';
  await writeFile(lanes, file);
  expect(changes(await dryRun(['lane', 'add', 'b', 'v4', '--image', 'b:4', '--lanes', lanes]))).toEqual([
    `${helm} upgrade --install b-v4 charts/lane --set-literal service=b --set-literal version=v4 --set-literal baseline=main --set-literal image=b:4 --set port=80 --set-string header=x-env --set entry=true --wait --timeout 120s --namespace coloring`,
  ]);
  expect(changes(await dryRun(['lane', 'remove', 'b', 'v4', '--lanes', lanes]))).toEqual([
    `${helm} uninstall b-v4 --namespace coloring --ignore-not-found --wait --timeout 120s`,
  ]);
});

test('what HTTPRoutes cannot say is refused before anything is done', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lanes-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const lanes = join(folder, 'lanes.yaml');
  await writeFile(lanes, 'carrier: baggage\nservices: { b: { port: 80, versions: [main] } }');
  const args = ['kind', 'up', '--dialect', 'gateway', '--lanes', lanes, '--dry-run'];
  expect(await runHere(args)).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringContaining('carrier: baggage: only a header is routed by HTTPRoutes'),
  });
});
