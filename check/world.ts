/** Where a case takes place when it says nothing else: the demo's services, an open gateway, every version a subset. */
import { stringify } from 'yaml';
import { type LaneService, type Lanes, parseLanes } from '../lanes/lanes.ts';
import { gatewayApiV1 } from '../mesh/rules/gateway-api/model.ts';

/** As in lanes.yaml of the demo; here once more, so that nobody's edit there changes what is proven here. */
export const defaultWorld: Lanes = parseLanes(`
namespace: coloring
baseline: release
services:
  service-a: { port: 31000, calls: service-b, versions: [release, release-v1, release-v2] }
  service-b: { port: 32000, versions: [release, release-v1, release-v3] }
`);

/**
 * The rules that a case need not write: a Gateway for all hosts on port 80 unless it has one of its own, and for
 * each service a DestinationRule with a subset for each version unless it has one for that host. A case with HTTPRoutes
 * need not write their Gateway, `door`, nor a Service for each version, `service-a-release-v1`.
 * @param later what is put in force among them later on
 */
export function defaultRules(
  world: Lanes,
  rules: readonly RuleObject[],
  later: readonly RuleObject[] = [],
): RuleObject[] {
  const ofKind = (kind: string, group = 'networking.istio.io/', among = rules) =>
    among.filter((rule) => rule.kind === kind && rule.apiVersion.startsWith(group));
  const all = [...rules, ...later];
  const usesApi = all.some(({ apiVersion }) => apiVersion === gatewayApiV1);
  const needsNone = usesApi && ofKind('VirtualService').length === 0;
  const gateways = needsNone || ofKind('Gateway').length > 0 ? [] : [openGateway(world.namespace)];
  if (usesApi) {
    const isWritten = ofKind('Gateway', gatewayApiV1, all).length > 0;
    gateways.push(ingressService, ...(isWritten ? [] : [door]), ...versionServices(world, all));
  }
  const taken = new Set(ofKind('DestinationRule').map((rule) => String(rule.spec?.host).split('.')[0]));
  return [...gateways, ...world.services.filter(({ name }) => !taken.has(name)).map(everyVersionASubset)];
}

/** An Istio object as it stands in YAML, as far as a check looks into it. */
export interface RuleObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: Record<string, unknown>;
  /** Of a Secret, with its type. */
  data?: Record<string, string>;
  type?: string;
}

/** As kubectl reads it: there an unquoted `yes` is a boolean. */
const yaml11 = { version: '1.1' } as const;

export function toYaml(rules: readonly RuleObject[]): string {
  return rules.map((rule) => `---\n${stringify(rule, yaml11)}`).join('');
}

function openGateway(namespace: string): RuleObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'coloring', namespace },
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    },
  };
}

/** The Service by whose name a Gateway of the Gateway API finds the gateway that is there. */
const ingressService: RuleObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'ingressgateway', namespace: 'istio-system' },
  spec: { selector: { istio: 'ingressgateway' }, ports: [{ name: 'http', port: 80 }] },
};

/** Beside its Service: Istio looks for that in the Gateway's own namespace. */
const door: RuleObject = {
  apiVersion: gatewayApiV1,
  kind: 'Gateway',
  metadata: { name: 'door', namespace: 'istio-system' },
  spec: {
    gatewayClassName: 'istio',
    addresses: [{ type: 'Hostname', value: 'ingressgateway.istio-system.svc.cluster.local' }],
    listeners: [{ name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
  },
};

/** HTTPRoutes know no subsets. */
function versionServices(world: Lanes, rules: readonly RuleObject[]): RuleObject[] {
  const taken = new Set(rules.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name));
  return world.services.flatMap((service) =>
    service.versions
      .map(
        (version): RuleObject => ({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: `${service.name}-${version.name}`, namespace: service.namespace },
          spec: {
            selector: { app: service.name, version: version.name },
            ports: [{ name: 'http', port: service.port, targetPort: 'http', appProtocol: service.protocol }],
          },
        }),
      )
      .filter(({ metadata }) => !taken.has(metadata.name)),
  );
}

function everyVersionASubset(service: LaneService): RuleObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: service.name, namespace: service.namespace },
    spec: {
      host: service.name,
      subsets: service.versions.map(({ name }) => ({ name, labels: { version: name } })),
    },
  };
}
