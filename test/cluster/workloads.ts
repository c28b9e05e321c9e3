/** What the charts promise of a version: `helm test`, STRICT mTLS, Pod Security; and that no proxy refuses a rule. */
import { execa } from 'execa';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

const strict = (namespace: string) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: strict, namespace: ${namespace} }
spec: { mtls: { mode: STRICT } }
`;

export async function helmTests(test: TestCluster, report: Report): Promise<void> {
  await test.apply(strict(test.namespace));
  for (const { name, versions } of test.lanes.services) {
    for (const version of versions) {
      const release = `${name}-${version.name}`;
      const problem = await test.helm('test', release, '--timeout', '120s').then(() => undefined, String);
      const logs =
        problem && (await test.kubectl('logs', `${release}-test`, '--container', 'ask').catch(String));
      report.check(`helm test ${release}, under STRICT mTLS`, problem === undefined, logs ?? '');
    }
  }
  const stranger = await fromNode(test);
  report.check(
    'STRICT mTLS was in force: the node, without a certificate, is turned away',
    stranger === '000',
    stranger,
  );
  await test.kubectl('delete', 'peerauthentication', 'strict');
  const left = await test.kubectl('get', 'pods,services', '-o', 'name');
  report.check('helm test leaves nothing behind', !/-test(ed)?$/m.test(left), left);
}

/** The status that a caller without sidecar gets from service-b. */
async function fromNode(test: TestCluster): Promise<string> {
  const ip = await test.kubectl('get', 'service/service-b', '-o', 'jsonpath={.spec.clusterIP}');
  const curl = [
    'curl',
    '--silent',
    '--output',
    '/dev/null',
    '--write-out',
    '%{http_code}',
    `http://${ip}:32000/`,
  ];
  const { stdout } = await execa('docker', ['exec', `${test.kindName}-control-plane`, ...curl], {
    reject: false,
  });
  return stdout;
}

/** The API server's own opinion of the pods, in a namespace that warns of everything below "restricted". */
export async function podSecurity(test: TestCluster, report: Report): Promise<void> {
  const namespace = 'restricted';
  const label = `pod-security.kubernetes.io/warn: restricted`;
  await test.apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ${namespace}, labels: {${label}}}}`);
  const { cluster, shell } = test;
  const manifest = await shell.run('helm', [
    ...['template', 'service-a-release', 'charts/version', '--namespace', namespace],
    ...[
      '--set',
      'service=service-a,version=release,replicas=2,autoscaling.enabled=true,networkPolicy.enabled=true',
    ],
  ]);
  // Errors on a warning, so that it is not lost among what kubectl prints.
  const apply = ['apply', '--dry-run=server', '--warnings-as-errors', '--filename', '-'];
  const said = await cluster.kubectl(apply, { input: manifest }).catch(String);
  report.check(
    'the API server takes all objects; pods are "restricted"',
    said.includes('deployment.apps/'),
    said,
  );
  await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
}

/** istiod hears of each refusal; each proxy counts its own. */
export async function nothingRejected(test: TestCluster, report: Report): Promise<void> {
  const { cluster } = test;
  const log = await cluster.kubectl([
    'logs',
    '--namespace',
    'istio-system',
    'deployment/istiod',
    '--tail=-1',
  ]);
  const refused = log.split('\n').filter((line) => /ADS:.*ACK ERROR/.test(line));
  report.check('istiod: no proxy refused its configuration', refused.length === 0, refused.slice(0, 3));
  const list = ['get', 'pods', '--all-namespaces', '--selector', 'service.istio.io/canonical-name'];
  const path =
    '-o=jsonpath={range .items[?(@.status.phase=="Running")]}{.metadata.namespace} {.metadata.name}{"\\n"}{end}';
  const pods = (await cluster.kubectl([...list, path])).split('\n').filter(Boolean);
  const counts: string[] = [];
  for (const pod of pods) {
    const [namespace = '', name = ''] = pod.split(' ');
    const exec = ['exec', '--namespace', namespace, name, '--container', 'istio-proxy', '--'];
    const stats = await cluster.peekKubectl([
      ...exec,
      'pilot-agent',
      'request',
      'GET',
      'stats?filter=update_rejected',
    ]);
    if (stats === undefined) counts.push(`${name}: no answer`);
    counts.push(
      ...(stats ?? '')
        .split('\n')
        .filter((line) => /update_rejected: [1-9]/.test(line))
        .map((line) => `${name} ${line}`),
    );
  }
  report.check(
    `${pods.length} proxies: update_rejected is 0`,
    pods.length > 0 && counts.length === 0,
    counts,
  );
}

/** Istio's own metric of who called whom, on which Kiali and the usual dashboards rest: not every proxy image has it. */
export async function requestsAreCounted(test: TestCluster, report: Report): Promise<void> {
  const stats = await test.kubectl(
    ...['exec', 'deployment/service-a-release', '--container', 'istio-proxy', '--'],
    ...['pilot-agent', 'request', 'GET', 'stats/prometheus'],
  );
  const what = 'istio_requests_total counts the requests from service-a to service-b';
  if (!stats.includes('istio_requests_total')) {
    report.skip(what, "this proxy image lacks Istio's istio.stats filter");
    return;
  }
  report.check(what, /^istio_requests_total\{[^}]*destination_service_name="service-b"/m.test(stats));
}
