/** The commands that the commands for a cluster print, in their order; --dry-run needs no cluster and no tools. */
import { describe, expect, test } from 'vitest';
import { runHere } from '../cli/testing/run-here.ts';
import { sources } from './sources.ts';
import { changes, dryRun, helm, unset } from './testing/dry-run.ts';

/** What changes something, and what is waited for then. */
const steps = (lines: readonly string[]) =>
  lines.flatMap((line) => /all have it: .*/.exec(line)?.[0] ?? changes([line]));

describe('lane', () => {
  test('add: pods until they are ready, then the subset, then the route; each waited for', async () => {
    const lines = await dryRun(['lane', 'add', 'service-b', 'release-v4', '--image', 'b:4']);
    const routes = `${helm} upgrade --install service-b-routes charts/routes --reset-then-reuse-values --set-literal service=service-b --set port=32000 --set-literal baseline=release`;
    expect(steps(lines)).toEqual([
      `${helm} upgrade --install service-b-release-v4 charts/version --set-literal service=service-b --set-literal version=release-v4 --set-literal image=b:4 --set port=32000 --wait --timeout 120s --namespace coloring`,
      `${routes} --set-literal states.release-v4=subset --namespace coloring`,
      'all have it: subset release-v4',
      `${routes} --set-literal states.release-v4=routed --namespace coloring`,
      'all have it: routed release-v4',
    ]);
  });

  test('remove: the route, then the subset, then the pods, then what was said of it', async () => {
    const lines = await dryRun(['lane', 'remove', 'service-b', 'release-v3']);
    const routes = `${helm} upgrade --install service-b-routes charts/routes --reset-then-reuse-values --set-literal service=service-b --set port=32000 --set-literal baseline=release`;
    expect(steps(lines)).toEqual([
      `${routes} --set-literal states.release-v3=subset --namespace coloring`,
      'all have it: subset release-v3',
      `${routes} --set-literal states.release-v3=gone --namespace coloring`,
      'all have it: gone release-v3',
      `${helm} uninstall service-b-release-v3 --namespace coloring --ignore-not-found --wait --timeout 120s`,
      `${routes} --set states.release-v3=null --namespace coloring`,
    ]);
  });

  test.each([
    [['lane', 'remove', 'service-b', 'release'], 'release is the baseline of service-b'],
    [
      ['lane', 'add', 'service-c', 'release-v1'],
      'lanes.yaml has no service service-c (has: service-a, service-b)',
    ],
    [['deploy', '--context', 'far'], 'How does far get the images?'],
    [['deploy', '--context', 'far', '--image', 'service-a=a:1'], '--image is missing for service-b'],
    [['deploy', '--context', 'far', '--image', 'service-c=c:1'], 'lanes.yaml has no such program or service'],
    [['lane', 'add', 'service-b', 'Release_V4'], '; write release-v4'],
    [['lane', 'add', 'service-b', 'routes'], "the Helm release of service-b's routes"],
    [['lane', 'add', 'service-b', 'v'.repeat(44)], 'a version of service-b may have 43'],
    [['lane', 'remove', 'service-b', '-'], 'is not a name of a-z'],
    [['lane', 'add', 'service-b', 'release-v4', '--replicas', 'x'], 'Expected a number of pods'],
    [['lane', 'add', 'service-b', 'release-v4', '--timeout', 'x'], 'Expected a whole number of seconds'],
    [['lane', 'add', 'service-b', 'release-v4', '--image', '-x'], 'Expected an image'],
    [['lane', 'add', 'service-b', 'release-v4', '--env', 'a-b=c'], 'expected NAME=value'],
    [['kind', 'up', '--name', '-x'], 'Expected a name of a-z'],
    [['kind', 'up', '--node-image', '--privileged'], 'Expected an image'],
    [['kind', 'up', '--base-image', 'a b'], 'Expected an image'],
    [['kind', 'up', '--gateway-port', '80 80'], 'Expected a port'],
    [['kind', 'up', '--istio-version', '../../x'], 'Expected a release like 1.31.1'],
    [['kind', 'up', '--istio-hub', 'a,b=c'], 'Expected a registry'],
    [['kind', 'up', '--istio-charts', '-x'], 'Expected a folder'],
    [['deploy', '--context', 'far', '--registry', 'https://r.example'], 'without https://'],
  ])('%j is refused', async (args, words) => {
    expect(await runHere([...args, '--dry-run'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(words),
    });
  });
});

describe('kind up', () => {
  test('the cluster, the images, Istio, then the called before the callers, versions before routes', async () => {
    const lines = changes(await dryRun(['kind', 'up']));
    const order = lines.map(
      (line) =>
        /--install (\S+)|(kind|docker) \w+|create namespace/.exec(line)?.slice(1).find(Boolean) ?? line,
    );
    const rest = order.filter((what) => !['kind', 'docker'].includes(what));
    expect(rest.slice(0, 4)).toEqual([
      ...['istio-base', 'istiod', 'istio-ingressgateway'],
      expect.stringContaining('create namespace coloring'),
    ]);
    // Those of one service come all at once.
    expect(rest.slice(4, 7).sort()).toEqual([
      'service-b-release',
      'service-b-release-v1',
      'service-b-release-v3',
    ]);
    expect(rest.slice(7, 10).sort()).toEqual([
      'service-a-release',
      'service-a-release-v1',
      'service-a-release-v2',
    ]);
    expect(rest.slice(10)).toEqual(['service-b-routes', 'service-a-routes']);
  });

  test('every outside source can be replaced', async () => {
    const lines = await dryRun(['kind', 'up'], {
      KIND_NODE_IMAGE: 'my/node:1',
      ISTIO_CHARTS: '/charts',
      ISTIO_VERSION: '1.31.9',
      ISTIO_HUB: 'my.hub/istio',
      BASE_IMAGE: 'my/node24',
      GATEWAY_PORT: '9090',
    });
    const all = lines.join('\n');
    expect(all).toContain('--image my/node:1');
    expect(all).toContain('istiod /charts/istiod-1.31.9.tgz');
    expect(all).toContain('--set-string global.hub=my.hub/istio');
    expect(all).toContain('--build-arg BASE_IMAGE=my/node24');
    expect(all).toContain('http://localhost:9090');
    for (const { at } of [sources.istioCharts, sources.kubernetes, sources.node]) {
      expect(all).not.toContain(at);
    }
  });

  test('charts come from an oci:// repository too', async () => {
    const { at, version } = sources.istioChartsOci;
    const all = (await dryRun(['kind', 'up'], { ISTIO_CHARTS: at })).join('\n');
    for (const chart of ['base', 'istiod', 'gateway']) {
      expect(all).toContain(` ${at}/${chart} --version ${version} `);
    }
    expect(all).not.toContain('--repo');
  });

  test('without, they are those of the table', async () => {
    const { istioCharts, kubernetes, node } = sources;
    const all = (await dryRun(['kind', 'up'])).join('\n');
    expect(all).toContain(`istiod --repo ${istioCharts.at} --version ${istioCharts.version} `);
    expect(all).toContain(`--config istio/install/kind.yaml --image ${kubernetes.at}\n`);
    expect(all).toContain(`--build-arg BASE_IMAGE=${node.at} `);
  });

  test('--dry-run shows each source, and what names another', async () => {
    const { stdout } = await runHere(['kind', 'up', '--dry-run'], { ...unset, PATH: '/nowhere' });
    const { istioCharts, istioImages, kubernetes, node } = sources;
    for (const { at, instead } of [istioCharts, istioImages, kubernetes, node]) {
      const line = stdout.split('\n').find((text) => text.includes(at) && !text.includes('$ '));
      expect(line).toContain(`(another: ${instead.option}, ${instead.variable})`);
    }
  });
});

test('tools that are missing are named, all at once, with where to get them', async () => {
  const { exitCode, stderr } = await runHere(['kind', 'up'], { PATH: '/nowhere' });
  expect(exitCode).toBe(1);
  for (const tool of ['docker', 'kind', 'kubectl', 'helm']) {
    expect(stderr).toMatch(new RegExp(`${tool} does not run here\\. Needed: .* Get it: https://`));
  }
});
