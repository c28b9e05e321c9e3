/**
 * What a Sidecar object leaves a workload to see (https://istio.io/latest/docs/reference/config/networking/sidecar/;
 * Istio: pilot/pkg/model/sidecar.go).
 */
import { fqdn, type Registry } from '../../mesh/network/registry.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import { isSubsetOf, isWildcard } from '../../mesh/routing/hosts.ts';
import { rootNamespace, selects } from '../../mesh/routing/visibility.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import type { IstioObject } from './resources.ts';

interface SidecarSpec {
  workloadSelector?: { labels?: Record<string, string> };
  egress?: { hosts?: string[]; port?: unknown; bind?: string; captureMode?: string }[];
  outboundTrafficPolicy?: { mode?: string };
}

export interface SidecarScope {
  /** `Sidecar shop/default` */
  name: string;
  registry: Registry;
  rules: RuleSet;
  outboundTrafficPolicy?: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /** Egress listeners with a port of their own: not judged. */
  ownListeners: boolean;
}

/** The Sidecar that counts for this workload: one that selects it, else that of its namespace, else the root's. */
export function sidecarFor(all: readonly IstioObject[], proxy: ProxyIdentity): IstioObject | undefined {
  const labelsOf = ({ spec }: IstioObject) => (spec as SidecarSpec | undefined)?.workloadSelector?.labels;
  const own = all.filter(({ metadata }) => metadata.namespace === proxy.namespace);
  return (
    own.find((one) => labelsOf(one) && selects(labelsOf(one) ?? {}, proxy.labels)) ??
    own.find((one) => labelsOf(one) === undefined) ??
    all.find((one) => one.metadata.namespace === rootNamespace && labelsOf(one) === undefined)
  );
}

/** What is left of services and rules for a workload with this Sidecar. */
export function scopeOf(
  sidecar: IstioObject,
  registry: Registry,
  rules: RuleSet,
  { namespace }: ProxyIdentity,
): SidecarScope {
  const { egress = [{ hosts: ['*/*'] }], outboundTrafficPolicy } = (sidecar.spec ?? {}) as SidecarSpec;
  const wanted = egress.flatMap(({ hosts = [] }) => hosts).map(split);
  const imports = (home: string, host: string) =>
    wanted.some(
      (one) =>
        (one.namespace === '*' || (one.namespace === '.' ? namespace : one.namespace) === home) &&
        overlap(host.toLowerCase(), one.host.toLowerCase()),
    );
  const virtualServices = rules.virtualServices.filter(
    (rule) => !rule.gateways.includes('mesh') || rule.hosts.some((host) => imports(rule.namespace, host)),
  );
  // Where an imported route leads is imported with it.
  const led = new Set(
    virtualServices
      .filter(({ gateways }) => gateways.includes('mesh'))
      .flatMap(({ http }) => http)
      .flatMap(({ action, mirrors }) => [...(action.type === 'route' ? action.destinations : []), ...mirrors])
      .map(({ destination }) => destination.host),
  );
  const mode = outboundTrafficPolicy?.mode;
  return {
    name: `Sidecar ${sidecar.metadata.namespace}/${sidecar.metadata.name}`,
    registry: {
      services: registry.services.filter(
        (service) => imports(service.namespace, fqdn(service)) || led.has(fqdn(service)),
      ),
    },
    rules: {
      ...rules,
      virtualServices,
      serviceEntries: rules.serviceEntries.filter((entry) =>
        entry.hosts.some((host) => imports(entry.namespace, host) || led.has(host)),
      ),
    },
    ...((mode === 'ALLOW_ANY' || mode === 'REGISTRY_ONLY') && { outboundTrafficPolicy: mode }),
    ownListeners: egress.some(({ port, bind, captureMode }) => port || bind || captureMode === 'NONE'),
  };
}

function split(written: string): { namespace: string; host: string } {
  const slash = written.indexOf('/');
  return { namespace: written.slice(0, slash), host: written.slice(slash + 1) };
}

function overlap(host: string, wanted: string): boolean {
  return isSubsetOf(host, wanted) || (isWildcard(host) && isSubsetOf(wanted, host));
}
