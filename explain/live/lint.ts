/** Lints the rules of a running cluster beside its pods: all remarks, and what only a cluster can show. */

import { proxyType } from '../../cluster/pods.ts';
import type { Finding } from '../../lanes/lint/finding.ts';
import { fqdn, type Service } from '../../mesh/network/registry.ts';
import { type Remark, remarks } from '../../mesh/remarks/remarks.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import { isSubsetOf } from '../../mesh/routing/hosts.ts';
import { gatewayNameLabel, selects } from '../../mesh/routing/visibility.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { ambientNamespaces } from './ambient.ts';
import { servicesOf } from './caller.ts';
import { countsOnCluster } from './cluster-remarks.ts';
import type { LiveMesh } from './live-mesh.ts';
import { partlyRouted } from './partly-routed.ts';

/** @param namespaces whose objects are told of; none: all */
export function lintMesh(mesh: LiveMesh, namespaces: readonly string[] = []): Finding[] {
  const { live, read, translated } = mesh;
  const { rules } = read;
  const seen = remarks(rules, live.registry, { proxies: proxiesOf(mesh, rules) }).filter(countsOnCluster);
  const notJudged = read.notJudged.map(
    ({ object, place, field, message }): Remark => ({
      code: 'not-run-here',
      object,
      place,
      message: field ? `${field}: not judged here` : `not judged here: ${message}`,
    }),
  );
  const found = [
    ...seen,
    ...podsWithoutSubset(live.registry.services, rules),
    ...partlyRouted(live.registry, translated.rules),
    ...ambientNamespaces(mesh.snapshot),
    ...notJudged,
  ];
  return found
    .filter(({ object }) => namespaces.length === 0 || namespaces.includes(object.namespace))
    .map(({ code, place, object, field, message, wayOut }) => ({
      code,
      ...place,
      object: `${object.kind} ${object.name}`,
      field,
      message: wayOut ? `${message}; ${wayOut}` : message,
    }))
    .sort((a, b) => a.file.localeCompare(b.file));
}

/** What is found, as a remark that a cluster alone can give rise to. */
export type LiveRemark = Omit<Remark, 'code'> & { code: Finding['code'] };

/** One proxy for all that no selector tells apart. */
function proxiesOf({ snapshot }: LiveMesh, rules: RuleSet): ProxyIdentity[] {
  const told = new Set(
    [
      ...rules.gateways.map(({ selector }) => selector),
      ...rules.destinationRules.map(({ workloadSelector = {} }) => workloadSelector),
      ...rules.fallbackFilters.map(({ workloadSelector = {} }) => workloadSelector),
      ...rules.virtualServices.flatMap(({ http }) =>
        http.flatMap(({ match }) => match.map((one) => one.sourceLabels)),
      ),
    ].flatMap(Object.keys),
  );
  told.add(gatewayNameLabel);
  const all = snapshot.pods.items.flatMap((pod): ProxyIdentity[] => {
    const type = proxyType(pod);
    if (!type) return [];
    const { namespace, labels = {} } = pod.metadata;
    const services = type === 'gateway' && { services: servicesOf(snapshot, pod) };
    const telling = Object.fromEntries(Object.entries(labels).filter(([label]) => told.has(label)));
    return [
      {
        type,
        name: `${type === 'gateway' ? 'gateways of ' : ''}namespace ${namespace}`,
        namespace,
        labels: telling,
        ...services,
      },
    ];
  });
  const key = ({ type, namespace, labels, services }: ProxyIdentity) =>
    JSON.stringify([type, namespace, Object.entries(labels).sort(), services]);
  return [...new Map(all.map((proxy) => [key(proxy), proxy])).values()];
}

/** Pods that get requests to the service as a whole, and none by a subset. */
function podsWithoutSubset(services: readonly Service[], { destinationRules }: RuleSet): LiveRemark[] {
  return services.flatMap((service) => {
    const ruling = destinationRules.filter(
      ({ host, subsets }) => subsets.length > 0 && isSubsetOf(fqdn(service), host.toLowerCase()),
    );
    const [rule] = ruling;
    if (!rule) return [];
    const subsets = ruling.flatMap((one) => one.subsets);
    const left = service.endpoints.filter(
      ({ labels }) => !subsets.some((subset) => selects(subset.labels, labels)),
    );
    if (left.length === 0) return [];
    const versions = [
      ...new Set(left.map(({ name, labels }) => (labels.version ? `version ${labels.version}` : name))),
    ];
    return [
      {
        code: 'pods-without-subset',
        place: rule.place,
        object: { kind: rule.kind, namespace: rule.namespace, name: rule.name },
        message: `pods of ${service.name}.${service.namespace} are in no subset (${versions.join(', ')}): no route can lead to them alone`,
      },
    ];
  });
}
