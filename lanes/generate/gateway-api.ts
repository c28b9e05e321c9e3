/**
 * The objects of the Gateway API that route lanes: those of the files in gateway-api/ (one-truth.test.ts holds the two
 * against each other). HTTPRoutes of one parent merge, so each lane is a file of its own that adds all it needs.
 */
import { gatewayNameLabel } from '../../mesh/routing/visibility.ts';
import { Failure } from '../../runtime/failure.ts';
import { entries } from '../graph.ts';
import { type LaneService, type Lanes, laneNames } from '../lanes.ts';
import { fallbackPatches } from './fallback.ts';
import {
  type IstioObject,
  istioObject,
  kubernetesObject,
  type RuleFile,
  versionsToRoute,
} from './objects.ts';

const gatewayName = 'coloring';
const gatewayClass = 'istio';
/** Of the pods that Istio makes of a Gateway: its name. */
export const gatewayPodLabel = gatewayNameLabel;
/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names */
const longestName = 63;

/**
 * The Gateway, a file for the baselines of all services, and one for each lane.
 * @throws Failure where HTTPRoutes cannot say what the lanes file wants, or names do not fit
 */
export function gatewayApiFiles(lanes: Lanes): RuleFile[] {
  refuseForGatewayApi(lanes);
  const gateway = gatewayObject(lanes);
  const files = [
    { name: 'gateway.yaml', objects: gateway ? [gateway] : [] },
    {
      name: 'baseline.yaml',
      objects: lanes.services.flatMap((service) => [
        serviceOf(service),
        ...objectsOf(lanes, service, service.baseline),
      ]),
    },
    ...laneNames(lanes).map((lane) => ({
      name: `lane-${lane}.yaml`,
      objects: lanes.services
        .filter(({ baseline, versions }) => baseline !== lane && versions.some(({ name }) => name === lane))
        .flatMap((service) => objectsOf(lanes, service, lane)),
    })),
  ];
  return files.filter(({ objects }) => objects.length > 0);
}

/** What this dialect has no words for. */
export function notInGatewayApi({ links }: Lanes): string[] {
  return links
    ? [
        'links: an HTTPRoute cannot ask whether a header is absent, so a link would take the place of the header',
      ]
    : [];
}

/** @throws Failure where HTTPRoutes cannot say what the lanes file wants, or names do not fit */
export function refuseForGatewayApi(lanes: Lanes): void {
  if (lanes.carrier !== 'header') {
    throw new Failure(
      `${lanes.file}: carrier: ${lanes.carrier}: only a header is routed by HTTPRoutes, which cannot ask whether one is absent; write carrier: header, or dialect: istio`,
      2,
    );
  }
  const services = new Set(lanes.services.map(({ name, namespace }) => `${namespace}/${name}`));
  for (const service of lanes.services) {
    for (const { name: version, place } of service.versions) {
      const name = versionName(service, version);
      const problem = services.has(`${service.namespace}/${name}`)
        ? 'a service has this name already'
        : name.length > longestName
          ? `longer than the ${longestName} characters that a Service may have`
          : undefined;
      if (problem)
        throw new Failure(
          `${place.file}:${place.line}: the Service of this version is ${name}: ${problem}`,
          2,
        );
    }
  }
}

/** Of its Service and its HTTPRoute. */
function versionName({ name }: LaneService, version: string): string {
  return `${name}-${version}`;
}

/** The one Gateway that all entries share. */
interface SharedGateway {
  name: string;
  /** That of the first entry. */
  namespace: string;
  entry: LaneService;
  /**
   * The Deployment and the Service that Istio makes of it:
   * https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/#automated-deployment
   */
  workload: string;
  /** Of its listener, where entries are in other namespaces too. */
  allowedRoutes?: { namespaces: { from: string } };
}

/** Undefined where requests come in nowhere. */
export function sharedGateway(lanes: Lanes): SharedGateway | undefined {
  const all = entries(lanes);
  const [entry] = all;
  if (!entry) return undefined;
  const { namespace } = entry;
  const elsewhere = all.some((other) => other.namespace !== namespace);
  return {
    ...{ name: gatewayName, namespace, entry, workload: `${gatewayName}-${gatewayClass}` },
    ...(elsewhere && { allowedRoutes: { namespaces: { from: 'All' } } }),
  };
}

function gatewayObject(lanes: Lanes): IstioObject | undefined {
  const gateway = sharedGateway(lanes);
  if (!gateway) return undefined;
  const { name, namespace, workload, allowedRoutes } = gateway;
  const listener = { name: 'http', port: 80, protocol: 'HTTP', ...(allowedRoutes && { allowedRoutes }) };
  return kubernetesObject(
    'Gateway',
    { name, namespace },
    { gatewayClassName: gatewayClass, listeners: [listener] },
    `The door: Istio makes pods and a Service of it, ${workload}, in this namespace.`,
  );
}

/** The name that callers use. */
function serviceOf(service: LaneService): IstioObject {
  const { name, namespace } = service;
  return kubernetesObject(
    'Service',
    { name, namespace },
    { selector: { app: name }, ports: [portOf(service)] },
    `The name by which ${name} is called; which version answers is decided by the HTTPRoutes that name it as parent.`,
  );
}

function portOf({ port, protocol }: LaneService) {
  return { name: protocol, port, targetPort: 'http', appProtocol: protocol };
}

/** One version of one service, in the order in which it comes: its Service, but for the baseline its fallback, its HTTPRoute. */
function objectsOf(lanes: Lanes, service: LaneService, version: string): IstioObject[] {
  const [baseline, ...others] = versionsToRoute(service);
  const own = [baseline, ...others].find((one) => one?.name === version);
  if (!baseline || !own) return [];
  const { name: serviceName, namespace, port } = service;
  const name = versionName(service, version);
  const isBaseline = own === baseline;
  const kubernetesService = kubernetesObject(
    'Service',
    { name, namespace },
    { selector: { app: serviceName, version: own.labels.version }, ports: [portOf(service)] },
    `The pods of ${serviceName} ${version}: HTTPRoutes know no subsets, so a version is a Service.`,
  );
  const matches = [{ headers: [{ name: lanes.header, value: version }] }];
  const route = kubernetesObject(
    'HTTPRoute',
    { name, namespace },
    {
      parentRefs: parentsOf(lanes, service),
      ...(service.entry && !service.hosts.includes('*') && { hostnames: service.hosts }),
      rules: [
        {
          name: ruleName(service, version),
          ...(isBaseline ? {} : { matches }),
          backendRefs: [{ name, port }],
        },
      ],
    },
    isBaseline
      ? 'Every other colour, and none, is served by the baseline: a rule without a match is asked last.'
      : 'A rule with a header is asked before one without, so nothing of anybody else has to change.',
  );
  return isBaseline
    ? [kubernetesService, route]
    : [kubernetesService, ...fallbackOf(lanes, service, version), route];
}

/** The Service for callers inside; for an entry the Gateway as well. */
function parentsOf(lanes: Lanes, { name, namespace, port, entry }: LaneService) {
  const [first] = entries(lanes);
  const gateway = {
    name: gatewayName,
    ...(first?.namespace !== namespace && { namespace: first?.namespace }),
  };
  return [...(entry ? [gateway] : []), { group: '', kind: 'Service', name, port }];
}

/** The name of a rule has no slash here. */
function ruleName({ name }: LaneService, version: string): string {
  return `${name}.${version}`;
}

/** Where the gateway has pods in another namespace, once more for these. */
function fallbackOf(lanes: Lanes, service: LaneService, version: string): IstioObject[] {
  const { namespace, port } = service;
  const member = (of: string) =>
    `outbound|${port}||${versionName(service, of)}.${namespace}.svc.cluster.local`;
  const configPatches = fallbackPatches(
    [member(version), member(service.baseline)],
    [ruleName(service, version)],
  );
  const name = versionName(service, version);
  const [first] = entries(lanes);
  const own = istioObject(
    'EnvoyFilter',
    { name, namespace },
    { configPatches },
    'Without a ready pod of it the baseline serves, at every proxy of this namespace, the gateway included.',
  );
  if (!service.entry || !first || first.namespace === namespace) return [own];
  const workloadSelector = { labels: { [gatewayPodLabel]: gatewayName } };
  const atGateway = istioObject(
    'EnvoyFilter',
    { name, namespace: first.namespace },
    { workloadSelector, configPatches },
    'The same for the gateway, whose pods are in another namespace.',
  );
  return [own, atGateway];
}
