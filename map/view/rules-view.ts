/** The rules in force, as tables of routes by service. */
import type { LaneService, Lanes } from '../../lanes/lanes.ts';
import { fqdn } from '../../mesh/network/registry.ts';
import type { DestinationRule, HttpRoute, RuleSet, VirtualService } from '../../mesh/rules/model.ts';
import { formatPlace } from '../../mesh/rules/problem.ts';
import type { ConditionView, RouteTableView, RouteView } from '../protocol.ts';
import { colorOf, conditionsOf } from './conditions.ts';

/** `VirtualService coloring/service-b` */
export function ruleName({
  kind,
  namespace,
  name,
}: Pick<VirtualService | DestinationRule, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}

/**
 * One table for each VirtualService that leads to a service of the lanes, in the order of the services; and for each
 * parent of HTTPRoutes one with all that merge there.
 * @param rules with HTTPRoutes as VirtualServices
 */
export function routeTables(
  { virtualServices, destinationRules, gateways }: RuleSet,
  lanes: Lanes,
): RouteTableView[] {
  const gatewayOf = (written: string) =>
    gateways.find((one) => `${one.namespace}/${one.name}` === written)?.pods?.gateway ?? written;
  return lanes.services.flatMap((service) => {
    const own = destinationRules.filter(({ host }) => host === fqdn(service));
    return virtualServices
      .filter((rule) => leadsTo(rule, service))
      .map((rule, index) => {
        const at = rule.gateways.map(gatewayOf);
        return {
          service: service.name,
          rule: rule.ofGatewayApi ? `HTTPRoutes of ${parentWords(rule, at)}` : ruleName(rule),
          place: formatPlace(rule.place),
          at,
          hosts: rule.hosts,
          subsets: rule.ofGatewayApi ? [] : own.flatMap(({ subsets }) => subsets.map(({ name }) => name)),
          // Once for each service.
          ...(index === 0 && breakingOf(own)),
          routes: rule.http.map((route, index) => routeView(route, index, lanes.header)),
        };
      });
  });
}

/** Of several rules for one service nobody can say from here which one holds. */
function breakingOf([rule, ...others]: readonly DestinationRule[]): Pick<RouteTableView, 'breaking'> {
  if (!rule || others.length > 0) return {};
  const { connectionPool, outlierDetection } = rule.trafficPolicy ?? {};
  const on = connectionPool !== undefined || outlierDetection !== undefined;
  return { breaking: { rule: ruleName(rule), on } };
}

/** `Gateway coloring/coloring for demo.test`, `Service service-b.coloring:32000` */
function parentWords({ hosts, http }: VirtualService, [at = '']: readonly string[]): string {
  const [host = ''] = hosts;
  if (at !== 'mesh') return `Gateway ${at}${host === '*' ? '' : ` for ${host}`}`;
  const port = http[0]?.match[0]?.port;
  return `Service ${host.replace('.svc.cluster.local', '')}${port === undefined ? '' : `:${port}`}`;
}

/** To the service or, as HTTPRoutes do, to the Service of one of its versions. */
function leadsTo({ http, hosts, ofGatewayApi }: VirtualService, service: LaneService): boolean {
  if (ofGatewayApi && hosts.includes(fqdn(service))) return true;
  const own = servicesOf(service);
  return http.some(
    ({ action }) =>
      action.type === 'route' && action.destinations.some(({ destination }) => own.has(destination.host)),
  );
}

/** The names by which its pods are reached: its own, and where HTTPRoutes lead to a version that one's. */
export function servicesOf({ name, namespace, versions }: LaneService): ReadonlySet<string> {
  const names = [name, ...versions.map((version) => `${name}-${version.name}`)];
  return new Set(names.map((one) => fqdn({ name: one, namespace })));
}

function routeView(route: HttpRoute, index: number, header: string): RouteView {
  const { action, fault, mirrors, match, name, place, timeoutMs } = route;
  const [color] = match.length === 1 ? match.map((one) => colorOf(one, header)) : [];
  return {
    index,
    ...(name && { name }),
    place: formatPlace(place),
    matches: matchesOf(route),
    ...(color !== undefined && { color }),
    destinations:
      action.type === 'route'
        ? action.destinations.map(({ destination, weight }) => ({
            host: destination.host.split('.')[0] ?? destination.host,
            ...(destination.subset && { subset: destination.subset }),
            weight: action.destinations.length === 1 ? 100 : weight,
          }))
        : [],
    ...answerOf(route),
    ...(fault && {
      fault: {
        ...(fault.delay && { delayMs: fault.delay.fixedDelayMs }),
        ...(fault.abort?.httpStatus !== undefined && { abortStatus: fault.abort.httpStatus }),
        percent: fault.delay?.percent ?? fault.abort?.percent ?? 0,
      },
    }),
    ...(mirrors[0] && {
      mirror: {
        subset: mirrors[0].destination.subset ?? mirrors[0].destination.host,
        percent: mirrors[0].percent,
      },
    }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

/** None where one of them asks for nothing; the port of an HTTPRoute is that of its parent, of which the table is. */
function matchesOf({ match, from }: HttpRoute): ConditionView[][] {
  const all = match.map(({ port, ...rest }) =>
    conditionsOf(from || port === undefined ? rest : { ...rest, port }),
  );
  return all.some((conditions) => conditions.length === 0) ? [] : all;
}

function answerOf({ action }: HttpRoute): { answer?: string } {
  if (action.type === 'directResponse') return { answer: String(action.directResponse.status) };
  if (action.type === 'redirect')
    return { answer: `${action.redirect.status} → ${action.redirect.uri ?? ''}` };
  return {};
}
