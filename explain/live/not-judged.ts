/** Which parts of the cluster's rules concern a request and are not judged here. */
import type { ProxyIdentity, RequestHead } from '../../mesh/routing/decision.ts';
import type { Explanation } from '../../mesh/routing/explain.ts';
import { rootNamespace, selects } from '../../mesh/routing/visibility.ts';
import { formatPlace } from '../../mesh/rules/problem.ts';
import { onTheWay } from '../on-the-way.ts';
import type { LiveMesh } from './live-mesh.ts';
import { hostsOnTheWay, isParentHere } from './parents.ts';
import type { IstioObject } from './resources.ts';
import type { NotJudged } from './rules.ts';
import type { Sight } from './sight.ts';

/** A line each: `VirtualService shop/web http[2]: corsPolicy` */
export function notJudgedHere(
  { snapshot, read }: LiveMesh,
  { rules, proxy }: Sight,
  head: RequestHead,
  explanation: Explanation,
): string[] {
  const parts = read.notJudged.filter(
    ({ field, object }) => field !== undefined && object.kind !== 'EnvoyFilter',
  );
  const wholes = read.notJudged.filter((one) => !parts.includes(one));
  const hosts = hostsOnTheWay(explanation);
  const namespaces = [proxy.namespace, rootNamespace, ...hosts.flatMap((host) => host.split('.')[1] ?? [])];
  const concerning = [
    ...onTheWay(parts, rules, proxy, explanation),
    ...wholes.filter((one) => {
      if (one.parent) return isParentHere(one.parent, rules, proxy, explanation);
      if (one.object.kind === 'EnvoyFilter') return acts(snapshot.envoyFilters.items, one, proxy);
      if (one.port !== undefined) return proxy.type === 'gateway' && one.port === head.port;
      return namespaces.includes(one.object.namespace);
    }),
  ];
  return [...new Set(concerning.map(lineOf))];
}

function lineOf({ place, field, message, object }: NotJudged): string {
  // `spec.http[2].corsPolicy` of a place that says http[2] already.
  const rest = field?.replace(
    /^spec\.(?:http|servers|subsets|ports|configPatches|rules|listeners|parentRefs)\[\d+\]\.?|^spec\./,
    '',
  );
  if (object.kind === 'EnvoyFilter')
    return `${formatPlace({ ...place, line: 0 })
      .split(' ', 2)
      .join(' ')} acts on this proxy`;
  return [formatPlace(place), rest || message].join(': ');
}

/** An EnvoyFilter acts on the workloads of its namespace, of the root namespace on all, and of those on the selected. */
function acts(all: readonly IstioObject[], { object }: NotJudged, proxy: ProxyIdentity): boolean {
  if (object.namespace !== rootNamespace && object.namespace !== proxy.namespace) return false;
  const filter = all.find(
    ({ metadata }) => metadata.name === object.name && metadata.namespace === object.namespace,
  );
  const { workloadSelector } = (filter?.spec ?? {}) as {
    workloadSelector?: { labels?: Record<string, string> };
  };
  return selects(workloadSelector?.labels ?? {}, proxy.labels);
}
