/** Who asks: a pod, one of a deployment's, or the gateway; and whether a proxy of Istio stands beside it. */
import { proxyType } from '../../cluster/pods.ts';
import { isAmbient } from '../../mesh/remarks/ambient.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import { gatewayLabels } from '../../mesh/routing/gateway-port.ts';
import { gatewayNameLabel, selects } from '../../mesh/routing/visibility.ts';
import { Failure } from '../../runtime/failure.ts';
import type { Pod } from './resources.ts';
import type { Snapshot } from './snapshot.ts';

export interface LiveCaller {
  pod: Pod;
  /** Absent where it has no sidecar. */
  proxy?: ProxyIdentity;
  /** Why it has none. */
  without?: string;
}

/**
 * @param from `NAME`, `pod/NAME`, `deploy/NAME`, `sts/NAME`, `job/NAME`; `gateway`: that of the namespace where it has one;
 * undefined: the gateway
 * @throws Failure where nobody, or more than one kind of gateway, can be meant
 */
export function callerOf(snapshot: Snapshot, from: string | undefined, namespace: string): LiveCaller {
  const isGateway = from === undefined || from === 'gateway';
  const pod = isGateway ? gatewayPod(snapshot, from && namespace) : podCalled(snapshot, from, namespace);
  const { name, namespace: home, labels = {} } = pod.metadata;
  const type = proxyType(pod);
  if (type === undefined) return { pod, without: whyNoSidecar(snapshot, pod) };
  const services = type === 'gateway' && { services: servicesOf(snapshot, pod) };
  return { pod, proxy: { type, name: `${home}/${name}`, namespace: home, labels, ...services } };
}

/** Names of the Services of a pod's namespace that lead to it. */
export function servicesOf({ services }: Snapshot, { metadata }: Pod): string[] {
  return services.items.flatMap(({ metadata: { name, namespace }, spec: { selector = {} } }) => {
    const isLed =
      namespace === metadata.namespace &&
      Object.keys(selector).length > 0 &&
      selects(selector, metadata.labels ?? {});
    return isLed ? name : [];
  });
}

function podCalled(snapshot: Snapshot, from: string, namespace: string): Pod {
  const [kind = '', name = ''] = from.includes('/') ? from.split('/') : ['pod', from];
  const here = snapshot.pods.items.filter(({ metadata }) => metadata.namespace === namespace);
  const isMeant = {
    pod: (pod: Pod) => pod.metadata.name === name,
    deployment: (pod: Pod) => {
      const hash = pod.metadata.labels?.['pod-template-hash'];
      return hash !== undefined && pod.metadata.name.startsWith(`${name}-${hash}-`);
    },
    statefulset: (pod: Pod) =>
      pod.metadata.labels?.['statefulset.kubernetes.io/pod-name'] === pod.metadata.name &&
      new RegExp(`^${name}-\\d+$`).test(pod.metadata.name),
    job: (pod: Pod) => pod.metadata.labels?.['batch.kubernetes.io/job-name'] === name,
  }[
    {
      po: 'pod',
      pod: 'pod',
      pods: 'pod',
      deploy: 'deployment',
      deployment: 'deployment',
      deployments: 'deployment',
      sts: 'statefulset',
      statefulset: 'statefulset',
      job: 'job',
      jobs: 'job',
    }[kind] ?? ''
  ];
  if (!isMeant)
    throw new Failure(`--from ${from}: write pod/NAME, deploy/NAME, sts/NAME, job/NAME or gateway`, 2);
  const found = here.filter(isMeant);
  const pod = found.find((one) => one.status.phase === 'Running') ?? found[0];
  if (pod) return pod;
  if (snapshot.pods.refused && !snapshot.pods.namespaces?.includes(namespace)) {
    throw new Failure(`--from ${from}: ${snapshot.pods.refused}`, 2);
  }
  const names = here.map(({ metadata }) => metadata.name);
  const known = names.length > 10 ? `${names.slice(0, 10).join(', ')} …` : names.join(', ');
  throw new Failure(`--from ${from}: no such pod in namespace ${namespace} (has: ${known || 'none'})`, 2);
}

/** Of those for which there are Gateways the usual one before others. */
function gatewayPod(snapshot: Snapshot, namespace: string | undefined): Pod {
  const all = snapshot.pods.items.filter((pod) => proxyType(pod) === 'gateway');
  const near = all.filter(({ metadata }) => metadata.namespace === namespace);
  const routers = near.length > 0 ? near : all;
  const ofGateways = routers.filter(({ metadata: { labels = {} } }) => {
    if (gatewayNameLabel in labels) return true;
    return snapshot.gateways.items.some(({ spec }) => {
      const selector = (spec?.selector ?? {}) as Record<string, string>;
      return Object.keys(selector).length > 0 && selects(selector, labels);
    });
  });
  const heard = ofGateways.length > 0 ? ofGateways : routers;
  const usual = heard.filter(({ metadata }) => selects(gatewayLabels, metadata.labels ?? {}));
  const [first, ...others] = distinct(usual.length > 0 ? usual : heard);
  if (first && others.length === 0) return first;
  if (!first) {
    throw new Failure(
      'There is no gateway to be seen. Say who asks: --from deploy/NAME --namespace NAMESPACE',
      2,
    );
  }
  const names = [first, ...others].map(
    ({ metadata }) => `--from pod/${metadata.name} -n ${metadata.namespace}`,
  );
  throw new Failure(`There are several gateways. Say which one asks:\n${names.join('\n')}`, 2);
}

/** One pod for each set of labels that is not another replica's. */
function distinct(pods: readonly Pod[]): Pod[] {
  const key = ({ metadata }: Pod) => {
    const { 'pod-template-hash': _, ...labels } = metadata.labels ?? {};
    return JSON.stringify([metadata.namespace, Object.entries(labels).sort()]);
  };
  return [...new Map(pods.map((pod) => [key(pod), pod])).values()];
}

/** https://istio.io/latest/docs/ops/configuration/mesh/injection-concepts/ */
function whyNoSidecar(snapshot: Snapshot, { metadata, spec }: Pod): string {
  const { namespace, labels = {}, annotations = {} } = metadata;
  const inject = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject'];
  if (inject === 'false') return 'the pod itself says sidecar.istio.io/inject: "false"';
  if (spec.hostNetwork) return 'it is in the network of its node (hostNetwork), where Istio injects none';
  const home = snapshot.namespaces.items.find(({ metadata }) => metadata.name === namespace);
  if (!home) return 'it has no container istio-proxy';
  const { 'istio-injection': injection, 'istio.io/rev': revision } = home.metadata.labels ?? {};
  if (isAmbient(home.metadata.labels ?? {})) {
    return `namespace ${namespace} is in ambient mode; a waypoint in front of the service decides, which is not judged here`;
  }
  if (injection === 'disabled') return `namespace ${namespace} has the label istio-injection=disabled`;
  if (injection === 'enabled' || revision) {
    return `namespace ${namespace} is labelled for injection, so the pod is older than the label or injection failed; restart it`;
  }
  return `namespace ${namespace} is not labelled; kubectl label namespace ${namespace} istio-injection=enabled, then restart its pods`;
}
