/**
 * The law: at a hop to service S, colour C is served by S@C if that version is deployed and ready, else by the baseline
 * of S; the colour travels on unchanged. Judged from lanes.yaml alone, never from the rules: they are what is judged.
 */
import { parseColor } from '../carry/color.ts';
import { entries } from './graph.ts';
import { type LaneService, type Lanes, laneNames } from './lanes.ts';
import { type Answer, callersOf, type Hop } from './trail.ts';

/** One that nobody deploys, so that the baseline has to serve it. */
const unknownColor = 'release-v9';

/** The requests that show what the lanes do: without colour, in each lane's colour, in one that nobody deployed. */
export function tellingColors(lanes: Lanes): (string | undefined)[] {
  const names = laneNames(lanes);
  const unknown = names.includes(unknownColor) ? `${unknownColor}9` : unknownColor;
  return [undefined, ...names, unknown];
}

/** The version that the law says. */
function lawfulVersion(service: LaneService, color: string | undefined): string {
  const own = service.versions.find((version) => version.name === color);
  return own?.ready && own.replicas > 0 ? own.name : service.baseline;
}

/** What in this answer is against the law, in words; undefined where nothing is. */
export function offence(lanes: Lanes, color: string | undefined, answer: Answer): string | undefined {
  const { trail, status, body, failures = [] } = answer;
  const inWords = `${status || 'no answer'}: ${body || 'an empty body'}`;
  const first = trail?.[0];
  if (!trail || !first) return failures[0] ?? inWords;
  if (!entries(lanes).some(({ name }) => name === first.service))
    return `${first.service} answered, which ${lanes.file} does not know as an entry`;
  const callers = callersOf(trail);
  for (const [index, hop] of trail.entries()) {
    const wrong = wrongAt(lanes, hop, color, trail[callers[index] ?? -1]);
    if (wrong) return wrong;
  }
  const missing = unanswered(lanes, trail, callers);
  if (missing) return failures[0] ?? `${missing} did not answer: ${status} ${body}`;
  if (failures[0]) return failures[0];
  // What a program of one's own answers is its own affair.
  return status === 200 || !isStandIn(lanes, first) ? undefined : `${status}: ${body}`;
}

function wrongAt(
  lanes: Lanes,
  hop: Hop,
  color: string | undefined,
  caller: Hop | undefined,
): string | undefined {
  const service = lanes.services.find(({ name }) => name === hop.service);
  if (!service) return `${hop.service} answered, which ${lanes.file} does not know`;
  const version = lawfulVersion(service, color);
  const arrived = parseColor(color).color;
  if (hop.color !== arrived) {
    const lost = caller ? `: ${caller.service}/${caller.version} did not carry it on` : '';
    return `colour ${hop.color} arrived at ${service.name}, not ${arrived}${lost}`;
  }
  if (hop.version !== version)
    return `${service.name} answered as ${hop.version}, by the law it is ${version}`;
  return undefined;
}

/** The first service that a stand-in should have asked and that did not answer; programs of one's own ask as they like. */
function unanswered(
  lanes: Lanes,
  trail: readonly Hop[],
  callers: readonly (number | undefined)[],
): string | undefined {
  for (const [index, hop] of trail.entries()) {
    if (!isStandIn(lanes, hop)) continue;
    const asked = trail.filter((_, other) => callers[other] === index).map(({ service }) => service);
    const { calls = [] } = lanes.services.find(({ name }) => name === hop.service) ?? {};
    const missing = calls.find((name) => !asked.includes(name));
    if (missing !== undefined) return missing;
  }
  return undefined;
}

function isStandIn(lanes: Lanes, hop: Hop): boolean {
  const service = lanes.services.find(({ name }) => name === hop.service);
  return service?.versions.find(({ name }) => name === hop.version)?.run.type === 'stand-in';
}
