/** Requests as dots: what is under way on the picture at a time. Pure but for the time, which it is given. */
import type { HopView, RequestView, ServiceView } from '../protocol.ts';
import { isWrongLane, wrongLaneSign } from './wrong-lane.ts';

/** A dot on one hop. */
export interface Step {
  from: string;
  to: string;
  /** The colour that it asks for; undefined: none. */
  color: string | undefined;
  /** Milliseconds after the dot's start. */
  begin: number;
  end: number;
  fallback: boolean;
}

/** A word where something happened. */
export interface Event {
  type: 'failure' | 'fallback' | 'wrong-lane' | 'loss' | 'served';
  /** The party at which it happened. */
  at: string;
  /** `503 UH`, or who lost the colour. */
  text: string;
  color: string | undefined;
  begin: number;
  end: number;
}

export interface Journey {
  startedAt: number;
  steps: readonly Step[];
  events: readonly Event[];
  end: number;
}

const travelMs = 900;
const restMs = 120;
const wordMs = 1_600;

/** How a request is told: hop after hop at a speed that eyes follow, whatever time it really took. */
export function journeyOf(
  request: RequestView,
  startedAt: number,
  services: readonly ServiceView[],
): Journey {
  const ends: number[] = [];
  const steps: Step[] = [];
  const events: Event[] = [];
  for (const [index, hop] of request.hops.entries()) {
    const begin = hop.parent === undefined ? 0 : (ends[hop.parent] ?? 0) + restMs;
    const end = begin + (hop.to ? travelMs : 0);
    ends.push(end);
    const from = partyKey(hop.from);
    const target = targetOf(hop);
    const { color } = hop;
    if (target) steps.push({ from, to: target, color, begin, end, fallback: hop.fallback });
    const at = target ?? from;
    const failedDeeper = request.hops.some((other) => other.parent === index && other.failed);
    if (hop.failed && !failedDeeper)
      events.push({ type: 'failure', at, text: failureText(hop), color, begin: end, end: end + wordMs });
    else if (target && isWrongLane(hop, services))
      events.push({ type: 'wrong-lane', at, text: wrongLaneSign, color, begin: end, end: end + wordMs });
    else if (hop.fallback && target)
      events.push({ type: 'fallback', at, text: '', color, begin: end, end: end + wordMs / 2 });
    else if (target) events.push({ type: 'served', at, text: '', color, begin: end, end: end + wordMs / 3 });
    const loss = request.losses.find((one) => one.hop === index);
    if (loss && loss.what !== 'request-id') {
      const text = loss.by.service;
      events.push({ type: 'loss', at: from, text, color: loss.cameIn, begin, end: begin + wordMs });
    }
  }
  return { startedAt, steps, events, end: Math.max(0, ...events.map(({ end }) => end), ...ends) };
}

/** `503 UH`; without an answer the flag alone. */
export function failureText({ status, flags }: HopView): string {
  return [...(status > 0 ? [String(status)] : []), ...flags].join(' ');
}

export function partyKey({ service, version }: { service: string; version?: string }): string {
  return version === undefined ? service : `${service}/${version}`;
}

/** The version that was reached; where none was, the request ends at the caller's proxy. */
function targetOf({ to }: HopView): string | undefined {
  return to?.version === undefined ? undefined : partyKey(to);
}

/** More than these nobody follows: the edges grow thicker instead. */
const maxJourneys = 120;
/** As many may begin as they come. */
const fewJourneys = 40;
/** Whose turns are kept apart. */
const maxColors = 50;

export class Journeys {
  #all: Journey[] = [];
  /** By colour: when the next may begin, where there are many. */
  #nextAt = new Map<string, number>();

  get all(): readonly Journey[] {
    return this.#all;
  }

  /** With many under way, only what is out of the ordinary is told of each. */
  get isBusy(): boolean {
    return this.#all.length > fewJourneys;
  }

  /**
   * Of many, some are shown, at an even pace, as many of each colour; what failed, lost its colour or left its lane always,
   * where there is room.
   */
  add(request: RequestView, now: number, services: readonly ServiceView[]): void {
    if (this.#all.length >= maxJourneys) return;
    const journey = journeyOf(request, now, services);
    const isTelling = journey.events.some(({ type }) => type !== 'served' && type !== 'fallback');
    if (this.isBusy && !isTelling && !this.#isTurnOf(request.color ?? '', journey)) return;
    this.#all.push(journey);
  }

  #isTurnOf(color: string, { startedAt, end }: Journey): boolean {
    if (startedAt < (this.#nextAt.get(color) ?? 0)) return false;
    if (this.#nextAt.size > maxColors) this.#nextAt.clear();
    this.#nextAt.set(color, 0);
    this.#nextAt.set(color, startedAt + (end * this.#nextAt.size) / (maxJourneys - fewJourneys));
    return true;
  }

  /** Takes away what is over. @returns whether anything is left */
  expire(now: number): boolean {
    this.#all = this.#all.filter(({ startedAt, end }) => now < startedAt + end);
    return this.#all.length > 0;
  }

  clear(): void {
    this.#all = [];
    this.#nextAt.clear();
  }
}
