/**
 * The law: at a hop to service S, colour C is served by S@C if that version is deployed and ready, else by the baseline
 * of S; the colour travels on unchanged. Judged from lanes.yaml alone, never from the rules: they are what is judged.
 */

import { parseColor } from '../carry/color.ts';
import { type LaneService, type Lanes, laneNames } from './lanes.ts';
import type { Answer, Hop } from './probe.ts';

/** One that nobody deploys, so that the baseline has to serve it. */
const unknownColor = 'release-v9';

/** The requests that show what the lanes do: without colour, in each lane's colour, in one that nobody deployed. */
export function tellingColors(lanes: Lanes): (string | undefined)[] {
  const names = laneNames(lanes);
  const unknown = names.includes(unknownColor) ? `${unknownColor}9` : unknownColor;
  return [undefined, ...names, unknown];
}

/** The services that no other one calls: where a request comes in. */
export function entries(lanes: Lanes): LaneService[] {
  return lanes.services.filter((service) => lanes.services.every((other) => other.calls !== service.name));
}

/** The service and those that it calls, in the order of the calls. */
export function chainFrom(lanes: Lanes, entry: LaneService): LaneService[] {
  const called = lanes.services.find((service) => service.name === entry.calls);
  return called ? [entry, ...chainFrom(lanes, called)] : [entry];
}

/** The version that the law says. */
function lawfulVersion(service: LaneService, color: string | undefined): string {
  const own = service.versions.find((version) => version.name === color);
  return own?.ready && own.replicas > 0 ? own.name : service.baseline;
}

/** What in this answer is against the law, in words; undefined where nothing is. */
export function offence(lanes: Lanes, color: string | undefined, answer: Answer): string | undefined {
  if (!answer.trail) return `${answer.status || 'no answer'}: ${answer.body || 'an empty body'}`;
  const first = answer.trail[0];
  const entry = entries(lanes).find((service) => service.name === first?.service);
  if (!first || !entry)
    return `${first?.service ?? 'nobody'} answered, which ${lanes.file} does not know as an entry`;
  const chain = chainFrom(lanes, entry);
  for (const [index, service] of chain.entries()) {
    const hop = answer.trail[index];
    if (!hop) return `${service.name} did not answer: ${answer.status} ${answer.body}`;
    const wrong = wrongAt(hop, service, color);
    if (wrong) return wrong;
  }
  return answer.status === 200 ? undefined : `${answer.status}: ${answer.body}`;
}

function wrongAt(hop: Hop, service: LaneService, color: string | undefined): string | undefined {
  const version = lawfulVersion(service, color);
  if (hop.service !== service.name) return `${hop.service} answered where ${service.name} should`;
  if (hop.version !== version)
    return `${service.name} answered as ${hop.version}, by the law it is ${version}`;
  const arrived = parseColor(color).color;
  if (hop.color !== arrived) return `colour ${hop.color} arrived at ${service.name}, not ${arrived}`;
  return undefined;
}
