/** What the rules make of each colour at each service: now, and if everything were ready. */
import { type Answerer, servingOf } from '../../explain/serving.ts';
import { sidecarOf } from '../../explain/walk.ts';
import { type LaneService, type Lanes, laneNames } from '../../lanes/lanes.ts';
import { authorityFrom, registryOf } from '../../lanes/registry.ts';
import type { OutboundTrafficPolicy } from '../../mesh/mesh.ts';
import type { ProxyIdentity, RequestHead } from '../../mesh/routing/decision.ts';
import { explain } from '../../mesh/routing/explain.ts';
import { gatewayPortOf } from '../../mesh/routing/gateway-port.ts';
import { buildTable, type RouteTable } from '../../mesh/routing/table.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { servicesOf } from './rules-view.ts';
import { Tables } from './tables.ts';

type TableOf = (proxy: ProxyIdentity) => RouteTable;

export interface RulingsInput {
  lanes: Lanes;
  rules: RuleSet;
  gateway: ProxyIdentity;
  /** What proxies decide by now. */
  tableOf: TableOf;
  /** The request by which the gateway is asked. */
  probe: { path: string; host?: string };
}

/** For as long as neither rules nor readiness change. */
export class Rulings {
  readonly #input: RulingsInput;
  readonly #allReady: TableOf;

  constructor(input: RulingsInput) {
    this.#input = input;
    const { lanes, rules } = input;
    const registry = registryOf(lanes, (service, { name }) => [
      { name, address: '127.0.0.1', port: service.port, ready: true },
    ]);
    const outboundTrafficPolicy: OutboundTrafficPolicy = 'ALLOW_ANY';
    this.#allReady = new Tables((proxy) => buildTable(rules, registry, proxy, { outboundTrafficPolicy })).of;
  }

  /** The versions of a service that may serve this colour now. */
  servedNow(service: LaneService, color: string): string[] {
    return this.#served(service, color, this.#input.tableOf);
  }

  /** Whether a route leads to this version, from any of its callers. The baseline has the routes of all others. */
  isRouted(service: LaneService, version: string): boolean {
    return this.#served(service, version, this.#allReady).includes(version);
  }

  /** Other versions than the baseline that are given requests of this version's colour. */
  strangersFor(service: LaneService, version: string): string[] {
    return this.#served(service, version, this.#allReady).filter(
      (name) => name !== version && name !== service.baseline,
    );
  }

  /** Whether the gateway gives a browser this colour's cookie (istio/links.yaml). */
  hasLink(color: string): boolean {
    const { gateway, tableOf, probe } = this.#input;
    const table = tableOf(gateway);
    const { decision } = explain(table, {
      ...{ method: 'GET', path: `/.lane/${color}`, authority: probe.host ?? 'localhost', scheme: 'http' },
      ...{ port: gatewayPortOf(table.ports.keys()), headers: {} },
    });
    return decision.type === 'redirect';
  }

  /** Colours that get no version of this service, though all are ready. */
  routesToNothing(service: LaneService): string[] {
    const { lanes, rules } = this.#input;
    const colors = new Set([...laneNames(lanes), ...routedColors(rules, lanes.header)]);
    return [...colors].filter((color) => this.#served(service, color, this.#allReady).length === 0);
  }

  #served(service: LaneService, color: string, tableOf: TableOf): string[] {
    const found = this.#callers(service, color).flatMap(({ proxy, head }) => {
      const table = tableOf(proxy);
      const port = proxy.type === 'gateway' ? gatewayPortOf(table.ports.keys()) : head.port;
      const { destinations } = explain(table, { ...head, port });
      return destinations
        .filter(({ percent }) => percent > 0)
        .flatMap(({ cluster }) => servingOf(table, cluster, head.authority).answerers)
        .flatMap((answerer) => versionOf(service, answerer) ?? []);
    });
    return [...new Set(found)];
  }

  /** Who asks the service in this colour, and how. */
  #callers(service: LaneService, color: string): { proxy: ProxyIdentity; head: RequestHead }[] {
    const { lanes, gateway, probe } = this.#input;
    const ask = (proxy: ProxyIdentity, authority: string, port: number) => ({
      proxy,
      head: {
        method: 'GET',
        path: probe.path,
        authority,
        scheme: 'http' as const,
        port,
        headers: { [lanes.header]: color },
      },
    });
    const ownHost = service.hosts.find((host) => !host.includes('*')) ?? 'localhost';
    const inside = lanes.services
      .filter(({ calls }) => calls.includes(service.name))
      .flatMap((caller) => {
        const version =
          caller.versions.find(({ name }) => name === color) ??
          caller.versions.find(({ name }) => name === caller.baseline);
        const authority = authorityFrom(caller.namespace, service);
        return version ? [ask(sidecarOf(caller, version), authority, service.port)] : [];
      });
    return service.entry ? [ask(gateway, probe.host ?? ownHost, 80), ...inside] : inside;
  }
}

/** Colours that a rule names. */
function routedColors({ virtualServices, gatewayApi }: RuleSet, header: string): string[] {
  const ofHttpRoutes = gatewayApi.routes.flatMap(({ rules }) => rules.flatMap(({ matches }) => matches));
  return [
    ...virtualServices.flatMap(({ http }) => http.flatMap(({ match }) => match)),
    ...ofHttpRoutes,
  ].flatMap(({ headers }) => {
    const color = headers.get(header);
    return color?.type === 'exact' ? [color.value] : [];
  });
}

/** The version behind an answerer, where it is of this service. */
function versionOf(service: LaneService, answerer: Answerer): string | undefined {
  if (answerer.type === 'outside' || !servicesOf(service).has(answerer.host)) return undefined;
  const { labels } = answerer.endpoint;
  return labels['app.kubernetes.io/version'] ?? labels.version;
}
