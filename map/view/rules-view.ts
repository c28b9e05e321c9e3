/** The rules in force, as tables of routes by service. */
import type { Lanes } from '../../lanes/lanes.ts';
import { fqdn } from '../../mesh/network/registry.ts';
import type { HttpRoute, Place, RuleSet, VirtualService } from '../../mesh/rules/model.ts';
import type { RouteTableView, RouteView } from '../protocol.ts';
import { colorOf, matchWords } from './match-words.ts';

/** `VirtualService coloring/service-b` */
export function ruleName({
  kind,
  namespace,
  name,
}: Pick<VirtualService, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}

/** One table for each VirtualService that leads to a service of the lanes, in the order of the services. */
export function routeTables({ virtualServices, destinationRules }: RuleSet, lanes: Lanes): RouteTableView[] {
  return lanes.services.flatMap((service) =>
    virtualServices
      .filter((rule) => leadsTo(rule, fqdn(service)))
      .map((rule) => ({
        service: service.name,
        rule: ruleName(rule),
        place: placeWords(rule.place),
        at: rule.gateways,
        hosts: rule.hosts,
        subsets: destinationRules
          .filter(({ host }) => host === fqdn(service))
          .flatMap(({ subsets }) => subsets.map(({ name }) => name)),
        routes: rule.http.map((route, index) => routeView(route, index, lanes.header)),
      })),
  );
}

function leadsTo({ http }: VirtualService, host: string): boolean {
  return http.some(
    ({ action }) =>
      action.type === 'route' && action.destinations.some(({ destination }) => destination.host === host),
  );
}

function routeView(route: HttpRoute, index: number, header: string): RouteView {
  const { action, fault, mirrors, match, name, place, timeoutMs } = route;
  const [color] = match.length === 1 ? match.map((one) => colorOf(one, header)) : [];
  return {
    index,
    ...(name && { name }),
    place: placeWords(place),
    matches: match.map(matchWords),
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

function answerOf({ action }: HttpRoute): { answer?: string } {
  if (action.type === 'directResponse') return { answer: String(action.directResponse.status) };
  if (action.type === 'redirect')
    return { answer: `${action.redirect.status} → ${action.redirect.uri ?? ''}` };
  return {};
}

export function placeWords({ file, line }: Place): string {
  return `${file}:${line}`;
}
