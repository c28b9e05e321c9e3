/**
 * Do all proxies have a change? istiod can only say what it has sent, and not for which change; so each proxy is asked
 * for what it runs on (Envoy's /config_dump, by pilot-agent in the proxy's own container). Stock Istio, kubectl only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../runtime/failure.ts';
import type { Cluster } from './cluster.ts';
import type { Shell } from './shell.ts';

/** The version of a service whose rules are on their way. */
export interface Subject {
  service: string;
  namespace: string;
  port: number;
  version: string;
  baseline: string;
}

/** `subset`: its cluster is known, with its endpoints. `route`: requests of its colour are led to it. */
export type Expectation = 'subset' | 'no subset' | 'route' | 'no route';

interface Pod {
  metadata: { name: string; namespace: string; labels?: Record<string, string>; deletionTimestamp?: string };
  spec: { containers: Container[]; initContainers?: Container[] };
  status: { phase: string };
}

interface Container {
  name: string;
}

interface EnvoyFilterList {
  items: {
    metadata: { namespace: string };
    spec: { workloadSelector?: { labels?: Record<string, string> } };
  }[];
}

const PROXY = 'istio-proxy';
const AT_ONCE = 4;
const PAUSE_MS = 250;

/**
 * Waits until every proxy of the mesh that knows the service has what is expected.
 * @throws Failure when they do not within `timeoutSeconds`, naming those that do not
 */
export async function waitForProxies(
  cluster: Cluster,
  shell: Shell,
  subject: Subject,
  expected: Expectation,
  timeoutSeconds: number,
): Promise<void> {
  const list = ['get', 'pods', '--all-namespaces', '--selector', 'service.istio.io/canonical-name'];
  shell.say(`$ kubectl --context ${cluster.context} ${list.join(' ')} -o name`);
  shell.say(
    `$ kubectl --context ${cluster.context} ${execArgs({ name: 'POD', namespace: 'NAMESPACE' }, path(subject, expected)).join(' ')}`,
  );
  if (shell.dryRun) return;
  const began = performance.now();
  let waiting = await proxies(cluster, shell, list);
  const all = waiting.length;
  const filters = await cluster.get<EnvoyFilterList>(
    shell,
    ['envoyfilters.networking.istio.io', '--all-namespaces', '--selector', `app=${subject.service}`],
    { show: false },
  );
  while (waiting.length > 0) {
    const late: Pod[] = [];
    await eachAtMost(AT_ONCE, waiting, async (pod) => {
      const dump = await cluster.peekKubectl(shell, execArgs(pod.metadata, path(subject, expected)));
      const fallback = expected === 'subset' && (filters?.items ?? []).some((filter) => actsOn(filter, pod));
      if (dump === undefined || !fulfils(dump, subject, expected, fallback)) late.push(pod);
    });
    if (late.length > 0 && performance.now() - began > timeoutSeconds * 1000) {
      throw new Failure(
        `these proxies do not have the change after ${timeoutSeconds} s: ${late.map(nameOf).join(', ')}. ` +
          'Do they refuse it? kubectl --namespace istio-system logs deploy/istiod | grep "ACK ERROR"',
      );
    }
    if (late.length > 0) await sleep(PAUSE_MS, undefined, { signal: shell.signal });
    // One that went meanwhile, or was not up yet, need not answer.
    const alive = late.length > 0 ? (await proxies(cluster, shell, list)).map(nameOf) : [];
    waiting = late.filter((pod) => alive.includes(nameOf(pod)));
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  shell.say(`all ${all} proxies: ${expected} ${subject.service}/${subject.version} (${seconds} s)`);
}

/** Pods with a running Envoy. One that starts only now gets the newest rules anyway. */
async function proxies(cluster: Cluster, shell: Shell, list: readonly string[]): Promise<Pod[]> {
  const text = await cluster.peekKubectl(shell, [
    ...list,
    '--field-selector',
    'status.phase=Running',
    '-o',
    'json',
  ]);
  const { items } = JSON.parse(text ?? '{"items": []}') as { items: Pod[] };
  return items.filter(
    ({ metadata, spec }) =>
      metadata.deletionTimestamp === undefined &&
      [...spec.containers, ...(spec.initContainers ?? [])].some(({ name }) => name === PROXY),
  );
}

function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function execArgs({ namespace, name }: { namespace: string; name: string }, query: string): string[] {
  return [
    'exec',
    '--namespace',
    namespace,
    name,
    '--container',
    PROXY,
    '--',
    'pilot-agent',
    'request',
    'GET',
    query,
  ];
}

function hostOf({ service, namespace }: Subject): string {
  return `${service}.${namespace}.svc.cluster.local`;
}

/** Which part of the configuration answers the question, small: of the clusters only these two versions'. */
function path(subject: Subject, expected: Expectation): string {
  if (expected.endsWith('route')) return 'config_dump?resource=dynamic_route_configs';
  const { port, version, baseline } = subject;
  const names = `\\|${port}\\|(${baseline}|${version})\\|${hostOf(subject).replaceAll('.', '\\.')}$`;
  return `config_dump?resource=dynamic_active_clusters&name_regex=${encodeURIComponent(`^(outbound|fallback)${names}`)}`;
}

/** What one proxy's dump says. One that does not know the baseline is not concerned with this service. */
function fulfils(dump: string, subject: Subject, expected: Expectation, fallback: boolean): boolean {
  const { service, version, baseline, port } = subject;
  const has = (name: string) => dump.includes(`"name": "${name}"`);
  const cluster = (kind: string, of: string) => has(`${kind}|${port}|${of}|${hostOf(subject)}`);
  // A prefix of charts/routes may stand before the name.
  const route = (of: string) => has(`${service}/${of}`) || dump.includes(`/${service}/${of}"`);
  switch (expected) {
    case 'subset':
      return (
        !cluster('outbound', baseline) ||
        (cluster('outbound', version) && (!fallback || cluster('fallback', version)))
      );
    case 'no subset':
      return !cluster('outbound', version) && !cluster('fallback', version);
    case 'route':
      return !route(baseline) || route(version);
    case 'no route':
      return !route(version);
  }
}

/** Istio's rule: all workloads of its namespace (those of istio-system: everywhere), or those with these labels. */
function actsOn(filter: EnvoyFilterList['items'][number], { metadata }: Pod): boolean {
  const labels = Object.entries(filter.spec.workloadSelector?.labels ?? {});
  return (
    filter.metadata.namespace === metadata.namespace &&
    labels.every(([name, value]) => metadata.labels?.[name] === value)
  );
}

async function eachAtMost<T>(
  count: number,
  items: readonly T[],
  run: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: count }, worker));
}
