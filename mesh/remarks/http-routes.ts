/** HTTPRoutes that nothing accepts, and what they name that is not there: what Istio says in their status. */

import { isDeepStrictEqual } from 'node:util';
import { inOrderOfCreation } from '../routing/creation-order.ts';
import type { Condition } from '../routing/gateway-api/conditions.ts';
import { controller, isOurs } from '../routing/gateway-api/gateways.ts';
import { byPrecedence } from '../routing/gateway-api/precedence.ts';
import { isFound } from '../routing/visibility.ts';
import type { ApiGateway, GatewayApi } from '../rules/gateway-api/model.ts';
import type { HttpMatch, HttpRoute, RuleSet } from '../rules/model.ts';
import { formatPlace } from '../rules/problem.ts';
import { about, aboutRoute, type Remark } from './remark.ts';

export function unmetConditions(conditions: readonly Condition[]): Remark[] {
  return conditions.map(({ route, type, reason, message, place }) => ({
    code: type === 'Accepted' ? 'route-not-accepted' : 'route-refs-unresolved',
    place,
    object: about(route),
    message: reason ? `${type} is False, ${reason}: ${message}` : `${message}, so Istio says nothing of it`,
  }));
}

/** Gateways that the local gateway does not stand for: another controller's, and all but one with pods of their own. */
export function idleGateways({ gatewayApi }: RuleSet): Remark[] {
  const [first, ...others] = gatewayApi.gateways
    .filter((gateway) => isOurs(gateway, gatewayApi) && gateway.services.length === 0)
    .sort(inOrderOfCreation);
  const remark = (gateway: ApiGateway) => ({
    place: gateway.place,
    object: { ...about(gateway), kind: 'Gateway' },
  });
  return [
    ...gatewayApi.gateways
      .filter((gateway) => !isOurs(gateway, gatewayApi) && !isOfAmbient(gateway, gatewayApi))
      .map((gateway) => ({
        ...remark(gateway),
        code: 'gateway-class-unknown' as const,
        field: 'spec.gatewayClassName',
        message: `${gateway.className}: no class of Istio, so Istio leaves this Gateway to others`,
        wayOut: `write istio, or a GatewayClass of controller ${controller}`,
      })),
    ...gatewayApi.gateways.flatMap((gateway) =>
      gateway.services
        .filter((service) => !isFound(service, `${gateway.namespace}/${gateway.name}`))
        .map(({ name, namespace }) => ({
          ...remark(gateway),
          code: 'gateway-address-unusable' as const,
          field: 'spec.addresses',
          message: `${name}.${namespace}: Istio looks for this Service in ${gateway.namespace}, the namespace of the Gateway, so Programmed is False, AddressNotUsable`,
          wayOut: `put the Gateway into ${namespace}`,
        })),
    ),
    ...others.map((gateway) => ({
      ...remark(gateway),
      code: 'gateway-not-heard' as const,
      message: `not listened on: the local gateway stands for Gateway ${first?.namespace}/${first?.name} alone`,
      wayOut: 'use a cluster',
    })),
  ];
}

/** A waypoint, or a door to another cluster: Istio runs it, and no HTTPRoute of a gateway is bound to it. */
function isOfAmbient({ className }: ApiGateway, { gatewayClasses }: GatewayApi): boolean {
  const written = gatewayClasses.find(({ name }) => name === className);
  return written?.controllerName.startsWith('istio.io/') ?? false;
}

/**
 * Rules that ask for a header, and lose the requests of a longer path to one that asks for none: the path comes before
 * headers, so a lane does not get them.
 */
export function pathsBeforeHeaders({ virtualServices }: RuleSet): Remark[] {
  return virtualServices
    .filter(({ ofGatewayApi }) => ofGatewayApi)
    .flatMap((rule) => {
      const routes = rule.http.flatMap((route) => route.match.map((match) => ({ route, match })));
      const plain = routes.filter(({ match }) => match.headers.size === 0 && match.queryParams.size === 0);
      return routes
        .filter(({ match }) => match.headers.size > 0)
        .flatMap(({ route, match }): Remark[] => {
          const by = plain.find((other) => beats(other.match, match));
          if (!by || routes.some((other) => makesUp(other.match, match, by.match))) return [];
          return [
            {
              code: 'path-before-header',
              place: match.place,
              object: aboutRoute(rule, route),
              message: `${nameOf(by.route)} (${formatPlace(by.route.place)}) has the longer path ${by.match.uri?.value} and comes first, whatever the headers`,
              wayOut: `add a rule with the path ${by.match.uri?.value} and these headers`,
            },
          ];
        });
    });
}

/** Whether it takes a part of the other's paths, and is asked before. */
function beats(match: HttpMatch, other: HttpMatch): boolean {
  const [narrow, wide] = [match.uri, other.uri];
  if (!narrow || !wide || narrow.type === 'regex' || wide.type === 'regex') return false;
  if (match.port !== other.port || byPrecedence(match, other) >= 0) return false;
  if (match.method && other.method) return false;
  const isBelow = wide.value === '/' || narrow.value.startsWith(`${wide.value}/`);
  return wide.type !== 'exact' && isBelow && narrow.value !== wide.value;
}

/** Whether it asks for the headers of `lane` on the path of `by`, so that nothing is lost. */
function makesUp(match: HttpMatch, lane: HttpMatch, by: HttpMatch): boolean {
  return (
    match.uri?.value === by.uri?.value &&
    [...lane.headers].every(([name, value]) => isDeepStrictEqual(match.headers.get(name), value))
  );
}

function nameOf({ from, name = '' }: HttpRoute): string {
  return from ? `${from.kind} ${from.name} rules[${from.rule}]` : name;
}
