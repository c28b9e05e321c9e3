/**
 * What the rules of two folders take for granted: Services, and the Gateways that let their requests in. A folder seldom
 * holds them. What the rules before name is presumed to have been there; what goes with the change is gone.
 */
import { partsOfCluster } from '../../mesh/routing/cluster-name.ts';
import { gatewayApiGroup } from '../../mesh/rules/gateway-api/model.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { type AnyObject, keyOf } from './objects.ts';
import type { Side } from './side.ts';

/** What is presumed to be there before, and after. */
export function presumedFor(before: Side, after: Side): { before: AnyObject[]; after: AnyObject[] } {
  const wanted = [...services([before, after]), ...gateways([before, after])];
  const lacks = ({ objects }: Side) => {
    const had = new Set(objects.map(keyOf));
    return (object: AnyObject) => !had.has(keyOf(object));
  };
  const [lackedBefore, lackedAfter] = [lacks(before), lacks(after)];
  const namedBefore = new Set([...services([before]), ...gateways([before])].map(keyOf));
  return {
    before: wanted.filter(
      (object) => lackedBefore(object) && (lackedAfter(object) || namedBefore.has(keyOf(object))),
    ),
    after: wanted.filter((object) => lackedBefore(object) && lackedAfter(object)),
  };
}

/** The Services that rules name. */
function services(sides: readonly Side[]): AnyObject[] {
  const ports = new Map<string, Set<number>>();
  for (const { mesh } of sides) {
    for (const { host, port } of named(mesh.read.rules)) {
      const known = ports.get(host) ?? new Set();
      ports.set(host, port === undefined ? known : known.add(port));
    }
  }
  return [...ports].flatMap(([host, numbers]) => {
    const [, name = '', namespace = ''] = /^([^.*]+)\.([^.]+)\.svc\.cluster\.local$/.exec(host) ?? [];
    if (!name) return [];
    const all = numbers.size > 0 ? [...numbers] : [80];
    return [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace },
        spec: {
          selector: { app: name },
          ports: all.map((port) => ({ name: `http-${port}`, port, appProtocol: 'http' })),
        },
      },
    ];
  });
}

interface Named {
  host: string;
  port?: number | undefined;
}

/** The hosts that rules lead to, or are about, each with a port where one is said. */
function named({ virtualServices, destinationRules, fallbackFilters, gatewayApi }: RuleSet): Named[] {
  const ofRoutes = virtualServices.flatMap(({ hosts, gateways, http }) => [
    ...(gateways.includes('mesh') ? hosts.map((host) => ({ host })) : []),
    ...http.flatMap(({ action, mirrors }) => [
      ...(action.type === 'route' ? action.destinations.map(({ destination }) => destination) : []),
      ...mirrors.map(({ destination }) => destination),
    ]),
  ]);
  const ofPolicies = destinationRules.flatMap(({ host, portPolicies, subsets }): Named[] => {
    const ports = [portPolicies, ...subsets.map((subset) => subset.portPolicies)].flatMap((map) => [
      ...map.keys(),
    ]);
    return ports.length > 0 ? ports.map((port) => ({ host, port })) : [{ host }];
  });
  const ofFallbacks = fallbackFilters.flatMap(({ clusters }) =>
    clusters.flatMap(({ members }) => members.flatMap((member) => partsOfCluster(member) ?? [])),
  );
  const ofHttpRoutes = gatewayApi.routes.flatMap(({ namespace: own, parents, rules }) =>
    [
      ...parents,
      ...rules.flatMap((rule) => [...rule.backends, ...rule.mirrors.map(({ backend }) => backend)]),
    ]
      .filter(({ group, kind }) => group === '' && kind === 'Service')
      .map(({ name, namespace = own, port }) => ({ host: `${name}.${namespace}.svc.cluster.local`, port })),
  );
  return [...ofRoutes, ...ofPolicies, ...ofFallbacks, ...ofHttpRoutes];
}

/** The Gateways that rules name, each as one that lets everything in on port 80. */
function gateways(sides: readonly Side[]): AnyObject[] {
  const rules = sides.map(({ mesh }) => mesh.read.rules);
  const wanted = new Set(
    rules.flatMap((one) =>
      one.virtualServices.flatMap(({ gateways }) => gateways.filter((id) => id !== 'mesh')),
    ),
  );
  const wantedOfApi = new Set(
    rules.flatMap((one) =>
      one.gatewayApi.routes.flatMap(({ parents }) =>
        parents.filter(({ group, kind }) => group === gatewayApiGroup && kind === 'Gateway').map(idOf),
      ),
    ),
  );
  return [
    ...[...wanted].map((id) => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: metadataOf(id),
      spec: {
        selector: { istio: 'ingressgateway' },
        servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
      },
    })),
    ...[...wantedOfApi].map((id) => ({
      apiVersion: `${gatewayApiGroup}/v1`,
      kind: 'Gateway',
      metadata: metadataOf(id),
      spec: {
        gatewayClassName: 'istio',
        listeners: [
          { name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } },
        ],
      },
    })),
  ];
}

function idOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

function metadataOf(id: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = id.split('/');
  return { namespace, name };
}
