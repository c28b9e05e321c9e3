/** What becomes of one request, in a form in which two sides can be compared. */
import { partsOfCluster, passthroughCluster } from '../../mesh/routing/cluster-name.ts';
import type { RequestHead } from '../../mesh/routing/decision.ts';
import { foresee, ruleName } from '../../mesh/routing/explain.ts';
import type { HeaderChange, HttpRoute } from '../../mesh/rules/model.ts';
import { effectsOfRoute, effectsOfWay, percentage } from '../effects.ts';
import { type Asked, type Ending, hopAt, type ProxyHop } from '../hop.ts';
import { servingOf } from '../serving.ts';
import type { ObjectName } from './objects.ts';
import { identityOf } from './workloads.ts';

/** A part of the requests, and who serves it. */
export interface Share {
  /** What two sides know it by. */
  identity: string;
  /** Versions, several where the load balancer chooses; none where nobody serves. */
  versions: readonly string[];
  percent: number;
  /** The answer of the proxy itself. */
  answer?: string;
  /** Somebody answers, or a rule does. */
  isServed: boolean;
}

export interface Foreseen {
  shares: readonly Share[];
  /** Versions that serve where those of the route are not ready. */
  fallback: readonly string[];
  /** Absent where no rule decides. */
  route?: HttpRoute;
  rule?: ObjectName;
  /** Who serves, by its label `app` or the name of the service, with its namespace: `service-b.coloring`. */
  service?: string;
  /** Headers that the route gives the request, and a cookie that it gives the client. */
  gives: readonly string[];
  /** What else is done on the way, in words. */
  effects: readonly string[];
}

export function foreseen(asked: Asked, head: RequestHead): Foreseen {
  const hop = hopAt(asked, head, head.authority, foresee);
  const { decision } = hop.explanation;
  const by = 'by' in decision ? decision.by : undefined;
  const rule = by && ruleObject(ruleName(by.virtualService, by.route));
  const service = serviceOf(hop);
  return {
    shares: merged(hop.endings.map((ending) => shareOf(ending, hop))),
    fallback: fallbackOf(asked, hop, head),
    ...(by && { route: by.route }),
    ...(rule && { rule }),
    ...(service && { service }),
    gives: givenBy(hop),
    effects: effectsOf(hop, head),
  };
}

/** `VirtualService coloring/service-b`, `HTTPRoute coloring/service-b-release rules[0]` */
function ruleObject(name: string): ObjectName {
  const [, kind = '', namespace = '', own = ''] = /^(\w+) ([^/]+)\/(\S+)/.exec(name) ?? [];
  return { kind, namespace, name: own };
}

function shareOf({ percent, answerers, outcome = '', way }: Ending, { explanation }: ProxyHop): Share {
  const isPassed = way?.decision.cluster === passthroughCluster;
  if (answerers.length > 0 && !isPassed) {
    const known = answerers.map((one) =>
      one.type === 'endpoint'
        ? { id: `${one.host.split('.')[1]} ${identityOf(one.endpoint)}`, version: one.endpoint.name }
        : { id: one.address, version: one.address },
    );
    return {
      identity: [...new Set(known.map(({ id }) => id))].sort().join(' '),
      versions: [...new Set(known.map(({ version }) => version))].sort(),
      percent,
      isServed: true,
    };
  }
  const { type } = explanation.decision;
  const isRule = !way && (type === 'redirect' || type === 'direct');
  return { identity: outcome, versions: [], percent, answer: outcome, isServed: isRule };
}

/** Two ways to the same versions are one share. */
function merged(shares: readonly Share[]): Share[] {
  return [...Map.groupBy(shares, ({ identity }) => identity).values()].flatMap(([first, ...others]) =>
    first ? [{ ...first, percent: others.reduce((sum, { percent }) => sum + percent, first.percent) }] : [],
  );
}

/** Behind the first member of an aggregate. */
function fallbackOf({ table }: Asked, { endings }: ProxyHop, { authority }: RequestHead): string[] {
  const members = endings.flatMap(({ way }) => {
    const cluster = way && table.clusters.get(way.decision.cluster);
    return cluster?.type === 'aggregate' ? cluster.members.slice(1) : [];
  });
  return [
    ...new Set(
      members.flatMap((member) =>
        servingOf(table, member, authority).answerers.flatMap((one) =>
          one.type === 'endpoint' ? one.endpoint.name : one.address,
        ),
      ),
    ),
  ].sort();
}

function serviceOf({ endings }: ProxyHop): string | undefined {
  for (const { answerers, way } of endings) {
    for (const one of answerers) {
      if (one.type !== 'endpoint') continue;
      const [name, namespace] = one.host.split('.');
      return `${one.endpoint.labels.app ?? name}.${namespace}`;
    }
    const host = way && partsOfCluster(way.decision.cluster)?.host;
    if (host) return host.split('.', 2).join('.');
  }
  return undefined;
}

function givenBy({ explanation: { decision } }: ProxyHop): string[] {
  const of = (changes: readonly HeaderChange[]) => changes.flatMap(({ set, add }) => [...set, ...add]);
  const request = decision.type === 'forward' ? of(decision.requestHeaders) : [];
  const response = 'responseHeaders' in decision ? of(decision.responseHeaders) : [];
  return [
    ...request.map(([name, value]) => `${name}=${value}`),
    ...response.flatMap(([name, value]) => (name === 'set-cookie' ? (value.split(';')[0] ?? []) : [])),
  ];
}

function effectsOf(hop: ProxyHop, head: RequestHead): string[] {
  const ofWays = hop.endings.flatMap(({ way, percent }) =>
    (way ? effectsOfWay(way, head) : [])
      .filter(([label]) => label !== 'fallback')
      .map(([label, text]) => `${label}: ${hop.endings.length > 1 ? `${percentage(percent)}: ` : ''}${text}`),
  );
  return [...effectsOfRoute(hop, hop.endings).map(([label, text]) => `${label}: ${text}`), ...ofWays];
}

/** `release-v3`, `release or release-v1`, `90 % release, 10 % release-v2`, `503: no healthy upstream (UH): …` */
export function inWords({ shares }: Foreseen): string {
  // Of several causes the first.
  const words = ({ versions, answer }: Share) => answer?.split('; ')[0] ?? versions.join(' or ');
  if (shares.length === 1) return shares.map(words).join('');
  return shares.map((share) => `${percentage(share.percent)} ${words(share)}`).join(', ');
}
