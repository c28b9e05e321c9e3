/** Who calls whom in lanes.yaml: where requests come in, and in which order services are called. */
import type { LaneService, Lanes } from './model.ts';

/** Where requests come in: the services that say so, and those that no other one calls. */
export function entries(lanes: Lanes): LaneService[] {
  return lanes.services.filter(({ entry }) => entry);
}

/** The services that this one asks, in order. */
export function calledBy({ services }: Pick<Lanes, 'services'>, service: LaneService): LaneService[] {
  return service.calls.flatMap((name) => services.find((other) => other.name === name) ?? []);
}

/** The service and those that a request reaches from there, each once, in the order of the first call. */
export function callOrder(lanes: Lanes, entry: LaneService): LaneService[] {
  const order = new Set<LaneService>();
  const visit = (service: LaneService) => {
    if (order.has(service)) return;
    order.add(service);
    for (const called of calledBy(lanes, service)) visit(called);
  };
  visit(entry);
  return [...order];
}

/** All services, none before one that it calls. */
export function calledFirst(lanes: Lanes): LaneService[] {
  const order = new Set<LaneService>();
  const visit = (service: LaneService) => {
    if (order.has(service)) return;
    for (const called of calledBy(lanes, service)) visit(called);
    order.add(service);
  };
  for (const service of lanes.services) visit(service);
  return [...order];
}

/** Whether a request that this service sends on can come back to it. */
export function isCircular(lanes: Pick<Lanes, 'services'>, start: LaneService): boolean {
  const seen = new Set<LaneService>();
  const leadsBack = (service: LaneService): boolean =>
    calledBy(lanes, service).some((called) => {
      if (called === start) return true;
      if (seen.has(called)) return false;
      seen.add(called);
      return leadsBack(called);
    });
  return leadsBack(start);
}
