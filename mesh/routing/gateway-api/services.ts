/** Services that lie among the rules, such as those of a version: who runs is known from elsewhere. */
import type { Registry, Service } from '../../network/registry.ts';
import type { WrittenService } from '../../rules/gateway-api/model.ts';
import type { RuleSet } from '../../rules/model.ts';
import { selects } from '../visibility.ts';

/**
 * The registry with the Services that HTTPRoutes name and that lie among the rules: their endpoints are those of the
 * namespace that the selector finds. One that the registry has already stays as it is there.
 */
export function withWrittenServices({ gatewayApi }: RuleSet, registry: Registry): Registry {
  if (gatewayApi.services.length === 0) return registry;
  const known = new Set(registry.services.map(keyOf));
  const added = gatewayApi.services.filter((service) => !known.has(keyOf(service)));
  if (added.length === 0) return registry;
  return { ...registry, services: [...registry.services, ...added.map((one) => toService(one, registry))] };
}

function keyOf({ name, namespace }: { name: string; namespace: string }): string {
  return `${namespace}/${name}`;
}

/** An endpoint that several Services have is one process. */
function toService(
  { name, namespace, selector, ports, headless }: WrittenService,
  registry: Registry,
): Service {
  const endpoints = registry.services
    .filter((service) => service.namespace === namespace)
    .flatMap((service) => service.endpoints)
    .filter(({ labels }) => Object.keys(selector).length > 0 && selects(selector, labels));
  return { name, namespace, ports, endpoints, ...(headless && { headless: true as const }) };
}
