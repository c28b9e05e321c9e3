/**
 * By what a request of a lane is known: the colour in a header of its own, or as a member of W3C baggage, which
 * OpenTelemetry carries in every language. https://www.w3.org/TR/baggage/
 */
import { mostMembers } from '../../carry/baggage.ts';
import type { Lanes } from '../lanes.ts';

/** Where the rules count. */
export type Place = 'gateway' | 'mesh';

/** The part of an Istio route that says which requests it takes, and what it changes on them. */
export interface PartialRoute {
  /** Behind the version in the route's name. */
  suffix: string;
  match: object[];
  headers?: object;
}

/** A header that holds a colour, be it a malformed one; `-` and an empty one hold none. */
const anyColor = '.*[A-Za-z0-9].*';
/** A colour that a version can have. */
const anyLabel = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';

/** The routes that lead to this version, in their order. */
export function versionRoutes({ header, carrier }: Lanes, version: string, place: Place): PartialRoute[] {
  const inHeader = { headers: { [header]: { exact: version } } };
  if (carrier === 'header') return [{ suffix: '', match: [inHeader] }];

  const baggage = memberIs(header, version);
  const inBaggageOnly = { headers: { baggage }, withoutHeaders: { [header]: { regex: anyColor } } };
  if (place === 'mesh') {
    return [
      { suffix: '', match: carrier === 'both' ? [inHeader, inBaggageOnly] : [{ headers: { baggage } }] },
    ];
  }
  const member = `${header}=${version}`;
  return [
    { suffix: '', match: [{ headers: { ...inHeader.headers, baggage } }, inBaggageOnly] },
    intoBaggage(header, { exact: version }, member),
    // another colour is in it, or there is no room: what the header says counts
    { suffix: '/for-baggage', match: [inHeader], headers: { request: { set: { baggage: member } } } },
  ];
}

/** Baggage that holds this colour. */
export function memberIs(header: string, color: string): { regex: string } {
  return { regex: `(.*,)?\\s*${header}\\s*=\\s*${color}\\s*([;,].*)?` };
}

/** Baggage that holds a colour, whichever. */
export function colorInBaggage(header: string): { regex: string } {
  return { regex: `(.*,)?\\s*${header}\\s*=.*` };
}

/** The routes before the last one, which leads to the baseline: a colour that only others have travels on too. */
export function baselineRoutes({ header, carrier }: Lanes, place: Place): PartialRoute[] {
  if (carrier === 'header' || place === 'mesh') return [];
  return [intoBaggage(header, { regex: anyLabel }, `${header}=%REQ(${header})%`)];
}

/** The gateway writes the header into baggage beside what is in it, if no colour is, and if there is room. */
function intoBaggage(header: string, color: object, member: string): PartialRoute {
  const takenOrFull = { regex: `${colorInBaggage(header).regex}|([^,]*,){${mostMembers - 1}}.*` };
  return {
    suffix: '/into-baggage',
    match: [{ headers: { [header]: color }, withoutHeaders: { baggage: takenOrFull } }],
    headers: { request: { add: { baggage: member } } },
  };
}
