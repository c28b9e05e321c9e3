/** Why a proxy has no cluster, or an empty one, for a destination that a rule names: one cause each. */
import type { ServicePolicy } from '../routing/destination-rules.ts';
import { isSubsetOf } from '../routing/hosts.ts';
import type { MeshService } from '../routing/mesh-service.ts';
import { allHosts } from '../routing/services.ts';
import { isExportedTo, rootNamespace, selects } from '../routing/visibility.ts';
import type { Destination, DestinationRule } from '../rules/model.ts';
import { nearest } from '../rules/problem.ts';
import type { RemarkCode } from './remark.ts';
import { unknownHost } from './unknown-host.ts';
import type { View } from './views.ts';

export interface NoUpstream {
  code: RemarkCode;
  message: string;
  wayOut?: string;
}

/** Undefined where there is an endpoint, ready or not, or a host outside. */
export function noUpstream(
  view: View,
  { host, port, subset }: Omit<Destination, 'place'>,
): NoUpstream | undefined {
  const service = view.services.get(host);
  if (service === undefined) return noService(view, host);
  if (port !== undefined && !service.ports.some(({ number }) => number === port)) {
    const has = service.ports.map(({ number }) => number).join(', ') || 'none';
    return { code: 'port-unknown', message: `${host} has no port ${port} (has: ${has})` };
  }
  if (subset === undefined) return undefined;
  const policy = view.policyOf(host);
  const found = policy.subsets.find(({ name }) => name === subset);
  if (found === undefined) return noSubset(view, service, policy, subset);
  return selectsNobody(service, found.labels) ? nobodyHas(subset, found.labels, service) : undefined;
}

function noService({ proxy, rules, registry }: View, host: string): NoUpstream {
  const entry = rules.serviceEntries.find(({ hosts }) => hosts.includes(host));
  if (entry === undefined) return unknownHost(host, allHosts(registry, rules.serviceEntries));
  return {
    code: 'host-not-exported',
    message: `${host}: ServiceEntry ${entry.name} of namespace ${entry.namespace} is not exported to namespace ${proxy.namespace}`,
    wayOut: `add ${proxy.namespace} to its exportTo`,
  };
}

/** The subset stands in no rule that counts here: does it in another one? */
function noSubset(
  { proxy, rules }: View,
  service: MeshService,
  policy: ServicePolicy,
  subset: string,
): NoUpstream {
  const named = JSON.stringify(subset);
  const rule = rules.destinationRules.find(
    ({ host, subsets }) => isSubsetOf(service.host, host) && subsets.some(({ name }) => name === subset),
  );
  if (rule === undefined) {
    const has = policy.subsets.map(({ name }) => name);
    const which = policy.rule
      ? `DestinationRule ${policy.rule.replace(/\.[^.]+$/, '')}`
      : `a DestinationRule for ${service.host}`;
    const meant = nearest(subset, has);
    return {
      code: 'subset-unknown',
      message: `subset ${named} is not in ${which} (has: ${has.join(', ') || 'none'})`,
      ...(meant && { wayOut: `did you mean ${meant}?` }),
    };
  }
  const where = `subset ${named} is in DestinationRule ${rule.name} of namespace ${rule.namespace}`;
  const looked = [...new Set([proxy.namespace, service.namespace, rootNamespace])];
  if (!looked.includes(rule.namespace)) {
    return {
      code: 'subset-out-of-sight',
      message: `${where}, where Istio does not look for it`,
      wayOut: `move it to ${looked.join(' or ')}`,
    };
  }
  if (rule.workloadSelector && !selects(rule.workloadSelector, proxy.labels)) {
    return {
      code: 'subset-for-other-workloads',
      message: `${where}, which is for workloads with ${labelsOf(rule.workloadSelector)} only`,
      wayOut: 'write one without workloadSelector as well',
    };
  }
  if (!isExportedTo(rule.exportTo, rule.namespace, proxy.namespace)) {
    return {
      code: 'subset-not-exported',
      message: `${where}, which is not exported to namespace ${proxy.namespace}`,
      wayOut: `add ${proxy.namespace} to its exportTo`,
    };
  }
  return hidden(rule, policy, where);
}

function hidden(rule: DestinationRule, policy: ServicePolicy, where: string): NoUpstream {
  const by = policy.rule ? `DestinationRule ${policy.rule}` : 'another DestinationRule';
  return {
    code: 'subset-hidden',
    message: `${where}, which ${by} hides: of ${rule.host} only one of the two counts here`,
    wayOut: 'write the subset in that one as well',
  };
}

/** Whether no endpoint, ready or not, has these labels. */
export function selectsNobody({ ports }: MeshService, labels: Readonly<Record<string, string>>): boolean {
  const [port] = ports;
  if (port?.upstream.type !== 'endpoints') return false;
  return !port.upstream.endpoints.some((endpoint) => selects(labels, endpoint.labels));
}

/** What is said of a subset whose labels no version has. */
export function nobodyHas(
  subset: string,
  labels: Readonly<Record<string, string>>,
  { host, ports }: MeshService,
): NoUpstream {
  const [port] = ports;
  const endpoints = port?.upstream.type === 'endpoints' ? port.upstream.endpoints : [];
  const [key] =
    Object.entries(labels).find(([key, value]) => !endpoints.some((each) => each.labels[key] === value)) ??
    Object.keys(labels);
  const values = [...new Set(endpoints.flatMap(({ labels }) => labels[key ?? ''] ?? []))];
  const has = values.length > 0 ? ` (has: ${key}=${values.join(', ')})` : '';
  return {
    code: 'subset-selects-nobody',
    message: `subset ${JSON.stringify(subset)} selects ${labelsOf(labels)}, which no endpoint of ${host} has${has}`,
  };
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}
