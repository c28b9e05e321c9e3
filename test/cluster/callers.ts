/** Who obeys the rules (scenario S3): seen from five callers. */
import { execa } from 'execa';
import { waitForProxies } from '../../cluster/lane-steps.ts';
import { traceLanes } from '../../lanes/lane-table.ts';
import { probe } from '../../lanes/probe.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

const OTHER_NAMESPACE = 'callers';
const REQUESTS = 30;

interface Hop {
  service: string;
  version: string;
}

/** A pod of the kit's own image that does nothing until it is told. */
const callerPod = (namespace: string, name: string, image: string, sidecar: boolean) => `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: ${namespace}
  labels: { app: ${name}, sidecar.istio.io/inject: "${sidecar}" }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: app
      image: ${image}
      imagePullPolicy: IfNotPresent
      command: [node, --eval, "setInterval(() => {}, 1e6)"]
`;

/** Sends requests one by one, each over a connection of its own, and prints the trails. */
const asking = (url: string, color: string) => `
const { request } = require('node:http');
const ask = () => new Promise((resolve) => request('${url}', { agent: false, headers: { accept: 'application/json', 'project-version': '${color}' } },
  (res) => { let text = ''; res.on('data', (d) => text += d).on('end', () => resolve(text)); }).on('error', (e) => resolve(String(e))).end());
(async () => { for (let i = 0; i < ${REQUESTS}; i++) console.log(await ask()); })();`;

export async function callers(test: TestCluster, report: Report): Promise<void> {
  const { cluster, shell, namespace } = test;
  const image = await test.kubectl(
    ...['get', 'deployment/service-a-release', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'],
  );
  await test.apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ${OTHER_NAMESPACE}}}`);
  await test.apply(
    [
      callerPod(namespace, 'with-sidecar', image, true),
      callerPod(OTHER_NAMESPACE, 'with-sidecar', image, true),
      callerPod(OTHER_NAMESPACE, 'without-sidecar', image, false),
    ].join('---'),
  );
  for (const where of [namespace, OTHER_NAMESPACE]) {
    const ready = [
      'wait',
      'pod',
      '--selector',
      'app in (with-sidecar, without-sidecar)',
      '--for=condition=Ready',
    ];
    await cluster.kubectl(shell, [...ready, '--namespace', where, '--timeout=90s']);
  }
  const from = async (of: string, pod: string, url: string, color: string) => {
    const script = asking(url, color);
    const exec = ['exec', '--namespace', of, pod, '--container', 'app', '--', 'node', '--eval', script];
    return versionsIn(await cluster.kubectl(shell, exec));
  };
  const a = `http://service-a.${namespace}:31000/`;
  const b = `http://service-b.${namespace}:32000/`;

  const rows = await traceLanes(test.lanes, (question) =>
    probe({ url: test.url, header: test.lanes.header }, question),
  );
  report.check(
    '1 gateway: the rules of A and of B',
    rows.every(({ offence }) => offence === undefined),
    rows.map(({ color, offence }) => `${color}: ${offence}`),
  );
  const same = await from(namespace, 'with-sidecar', b, 'release-v3');
  report.check(
    '2 sidecar, same namespace, to B: the rules of B',
    only(same, 'service-b', ['release-v3']),
    same,
  );
  const improved = await from(OTHER_NAMESPACE, 'with-sidecar', a, 'release-v1');
  report.check(
    '3 sidecar, other namespace, to A: the rules of A, which are on the mesh too',
    only(improved, 'service-a', ['release-v1']) && only(improved, 'service-b', ['release-v1']),
    improved,
  );
  const upgrade = ['upgrade', 'service-a-routes', 'charts/routes', '--reset-then-reuse-values', '--set'];
  await test.helm(...upgrade, 'mesh=false');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const hole = await from(OTHER_NAMESPACE, 'with-sidecar', a, 'release-v1');
  report.check(
    '3 the same with the rules of A on the gateway only: any A; B by its rules',
    several(hole, 'service-a') && only(hole, 'service-b', ['release-v1']),
    hole,
  );
  await test.helm(...upgrade, 'mesh=true');
  await waitForProxies(test.target('service-a', 'release-v1'), shell, 'routed');
  const without = await from(OTHER_NAMESPACE, 'without-sidecar', b, 'release-v3');
  report.check('4 no sidecar, to B: no rules, any version', several(without, 'service-b'), without);
  const ip = await test.kubectl('get', 'service/service-b', '-o', 'jsonpath={.spec.clusterIP}');
  const curl = `for i in $(seq ${REQUESTS}); do curl -s -H 'accept: application/json' -H 'project-version: release-v3' http://${ip}:32000/; echo; done`;
  const node = await execa('docker', ['exec', `${test.kindName}-control-plane`, 'bash', '-c', curl]);
  const fromNode = versionsIn(node.stdout);
  report.check('5 the node, to B: no rules, any version', several(fromNode, 'service-b'), fromNode);

  await cluster.kubectl(shell, ['delete', 'namespace', OTHER_NAMESPACE, '--wait=false']);
  await test.kubectl('delete', 'pod', 'with-sidecar', '--wait=false');
}

/** How often each version of each service answered: `service-b release-v1` -> 30. */
function versionsIn(lines: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines.split('\n').filter(Boolean)) {
    const hops = line.startsWith('{') ? ((JSON.parse(line) as { trail?: Hop[] }).trail ?? []) : [];
    if (hops.length === 0) counts[line.slice(0, 80)] = (counts[line.slice(0, 80)] ?? 0) + 1;
    for (const { service, version } of hops) {
      counts[`${service} ${version}`] = (counts[`${service} ${version}`] ?? 0) + 1;
    }
  }
  return counts;
}

function only(counts: Record<string, number>, service: string, versions: readonly string[]): boolean {
  const seen = Object.keys(counts).filter((key) => key.startsWith(`${service} `));
  return (
    seen.length === versions.length &&
    versions.every((version) => counts[`${service} ${version}`] === REQUESTS)
  );
}

/** Three versions by turns: one alone in 30 requests is chance less than once in 10^13. */
function several(counts: Record<string, number>, service: string): boolean {
  const seen = Object.entries(counts).filter(([key]) => key.startsWith(`${service} `));
  return seen.length > 1 && seen.reduce((sum, [, n]) => sum + n, 0) === REQUESTS;
}
