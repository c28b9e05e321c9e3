/** `explain --context` on the cluster: whether Envoy has what it says, and many rules. */
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { stringify } from 'yaml';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

export async function explainOnCluster(test: TestCluster, report: Report): Promise<void> {
  await compared(test, report);
  await manyRules(test, report);
}

function explain({ cluster }: TestCluster, more: readonly string[] = []) {
  const asks = ['--context', cluster.context, '-n', 'coloring', '--from', 'deploy/service-a-release'];
  const header = ['-H', 'project-version: release-v1'];
  const args = ['explain', ...asks, ...header, ...more, 'http://service-b:32000/'];
  return execa(process.execPath, ['cli/coloring.mjs', ...args], { reject: false });
}

/** Whether the Envoy of the caller has what the rules say. */
async function compared(test: TestCluster, report: Report): Promise<void> {
  const saysInTheEnd = async (what: string, words: string, exitCode: number, also = '') => {
    let last = '';
    const isSo = async () => {
      const answer = await explain(test, ['--compare']);
      last = answer.stdout;
      return answer.exitCode === exitCode && last.includes(words) && last.includes(also);
    };
    const patience = { interval: 1_000, timeout: 60_000, signal: test.shell.signal };
    const isTold = await pWaitFor(isSo, patience).then(
      () => true,
      () => false,
    );
    report.check(`--compare: ${what}`, isTold, last);
  };
  const same = 'its Envoy has just these routes';
  await saysInTheEnd('Envoy has what the rules say', same, 0);

  const istiod = ['-n', 'istio-system', 'deployment/istiod'];
  try {
    await test.kubectl('scale', ...istiod, '--replicas=0');
    await test.kubectl(
      ...['wait', 'pods', '-n', 'istio-system', '--selector', 'app=istiod', '--for=delete', '--timeout=120s'],
    );
    await withoutValidation(test);
    const answer = { match: [{ uri: { exact: '/late' } }], directResponse: { status: 418 } };
    await patchRoutes(test, {
      op: 'add',
      path: '/spec/http/0',
      value: { name: 'service-b/late', ...answer },
    });
    await saysInTheEnd('behind, where istiod has not told it of a rule', 'is behind', 1, 'service-b/late');
  } finally {
    await test.kubectl('scale', ...istiod, '--replicas=1');
    await test.kubectl('rollout', 'status', ...istiod, '--timeout=180s');
  }
  await saysInTheEnd('the same again, once it has', same, 0, 'service-b/late');
  await patchRoutes(test, { op: 'remove', path: '/spec/http/0' });

  await test.apply(stringify(routeRemoved));
  const both = 'either this is wrong or istiod is';
  await saysInTheEnd('it disagrees, where something else has changed its routes', both, 1, 'in Envoy');
  await test.kubectl('delete', 'envoyfilter', routeRemoved.metadata.name);
  await saysInTheEnd('and agrees without that', same, 0);
}

/** istiod, once it is there, has it checked again. */
async function withoutValidation(test: TestCluster): Promise<void> {
  const list = ['get', 'validatingwebhookconfigurations', '-o', 'name'];
  for (const name of (await test.kubectl(...list)).split('\n').filter((one) => one.includes('istio'))) {
    const patch = [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }];
    await test.kubectl('patch', name, '--type=json', '--patch', JSON.stringify(patch));
  }
}

async function patchRoutes(test: TestCluster, operation: unknown): Promise<void> {
  const patch = ['--type=json', '--patch', JSON.stringify([operation])];
  await test.kubectl('patch', 'virtualservice', 'service-b', ...patch);
}

const routeRemoved = {
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: { name: 'route-removed', namespace: 'coloring' },
  spec: {
    configPatches: [
      {
        applyTo: 'HTTP_ROUTE',
        match: {
          context: 'SIDECAR_OUTBOUND',
          routeConfiguration: { vhost: { route: { name: 'service-b/release-v1' } } },
        },
        patch: { operation: 'REMOVE' },
      },
    ],
  },
};

const services = 500;
const routesEach = 4;

/** Objects without pods. */
async function manyRules(test: TestCluster, report: Report): Promise<void> {
  const namespace = 'many-rules';
  const of = (i: number) => ({ name: `service-${i}`, namespace });
  const items = Array.from({ length: services }, (_, i) => [
    {
      ...{ apiVersion: 'v1', kind: 'Service', metadata: of(i) },
      spec: { selector: { app: of(i).name }, ports: [{ name: 'http', port: 80 }] },
    },
    {
      ...{ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: of(i) },
      spec: {
        hosts: [of(i).name],
        http: Array.from({ length: routesEach }, (_, n) => ({
          name: `${of(i).name}/v${n}`,
          ...(n < routesEach - 1 && { match: [{ headers: { 'project-version': { exact: `v${n}` } } }] }),
          route: [{ destination: { host: of(i).name } }],
        })),
      },
    },
  ]).flat();
  try {
    await test.kubectl('create', 'namespace', namespace);
    await test.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const began = performance.now();
    const { exitCode, stdout } = await explain(test);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const what = `explain among ${services} services and ${services * routesEach} routes`;
    report.check(what, exitCode === 0 && /service-b\/release-v1.*decides/.test(stdout), stdout);
    report.note(`${what}: answered in ${seconds} s`);
  } finally {
    await test.kubectl('delete', 'namespace', namespace, '--wait=false', '--ignore-not-found');
  }
}
