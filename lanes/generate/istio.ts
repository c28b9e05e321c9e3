/**
 * The Istio objects that route lanes: those that charts/routes renders for the same services, and those of the files in
 * istio/ (test/charts/one-truth.test.ts holds the three against each other).
 */
import type { LaneService, Lanes } from '../lanes.ts';
import { fallbackFilters } from './fallback.ts';
import { gatewayOf, gatewayReference } from './gateway.ts';
import { links } from './links.ts';
import { type IstioObject, istioObject, type RuleFile, routeName, versionsToRoute } from './objects.ts';
import { baselineRoutes, type PartialRoute, type Place, versionRoutes } from './version-routes.ts';

/** The Gateway, a file for each service, the links of lanes, and the fallback; those without objects are left out. */
export function istioFiles(lanes: Lanes): RuleFile[] {
  const gateway = gatewayOf(lanes);
  const files = [
    { name: 'gateway.yaml', objects: gateway ? [gateway.object] : [] },
    ...lanes.services.map((service) => ({
      name: `${service.name}.yaml`,
      objects: [destinationRule(service), ...virtualServices(lanes, service)],
    })),
    { name: 'links.yaml', objects: links(lanes) },
    { name: 'fallback.yaml', objects: lanes.services.flatMap((service) => fallbackFilters(lanes, service)) },
  ];
  return files.filter(({ objects }) => objects.length > 0);
}

function destinationRule(service: LaneService): IstioObject {
  return istioObject(
    'DestinationRule',
    { name: service.name, namespace: service.namespace },
    {
      host: service.name,
      subsets: versionsToRoute(service).map(({ name, labels }) => ({
        name,
        labels: { version: labels.version },
      })),
    },
    `The versions of ${service.name} as subsets: a name for the pods that carry this label. Apply it before the routes.`,
  );
}

function virtualServices(lanes: Lanes, service: LaneService): IstioObject[] {
  const inside = istioObject(
    'VirtualService',
    { name: service.name, namespace: service.namespace },
    { hosts: [service.name], http: routes(lanes, service, 'mesh') },
    'For callers inside the mesh: their own sidecars decide.',
  );
  if (!service.entry) return [inside];
  const outside = istioObject(
    'VirtualService',
    { name: `${service.name}-gateway`, namespace: service.namespace },
    {
      hosts: service.hosts,
      gateways: [gatewayReference(lanes, service)],
      http: routes(lanes, service, 'gateway'),
    },
    'For callers outside: the proxy of the gateway decides.',
  );
  return [inside, outside];
}

/** Those of each version but the baseline, then the rest to the baseline: the first that matches wins. */
function routes(lanes: Lanes, service: LaneService, place: Place) {
  const [baseline, ...others] = versionsToRoute(service);
  const to = (subset: string) => [{ destination: { host: service.name, subset } }];
  const named = (version: string, parts: readonly PartialRoute[]) =>
    parts.map(({ suffix, ...part }) => ({
      name: routeName(service, version) + suffix,
      ...part,
      route: to(version),
    }));
  return [
    ...others.flatMap(({ name }) => named(name, versionRoutes(lanes, name, place))),
    ...(baseline ? named(baseline.name, baselineRoutes(lanes, place)) : []),
    ...(baseline ? [{ name: routeName(service, baseline.name), route: to(baseline.name) }] : []),
  ];
}
