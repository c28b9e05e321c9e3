/** One effect of a change: what somebody has before, and has after. */
import type { ObjectName } from './objects.ts';

/** Every kind of effect: whether it takes something from somebody, and what it is in a line. */
export const effectTypes = {
  'lane-lost': { takes: true, means: 'a colour is served as if nobody had asked for it' },
  'lane-moved': { takes: true, means: 'a colour is served by other versions' },
  'lane-unserved': { takes: true, means: 'a new route leads where nobody answers' },
  'header-changed': { takes: true, means: 'a colour is asked for by another header' },
  'link-lost': { takes: true, means: 'a link or cookie leads no longer into its lane' },
  'fallback-lost': { takes: true, means: 'nobody stands in any more where a version is not ready' },
  'subset-lost': { takes: true, means: 'a subset is gone' },
  'host-lost': { takes: true, means: 'a host has no routes of its own any more' },
  'baseline-moved': { takes: true, means: 'requests without a colour are served by others' },
  'path-moved': {
    takes: true,
    means: 'requests of a path, a method or another such kind are served by others',
  },
  'route-unreachable': { takes: true, means: 'an earlier route takes all requests of this one' },
  'weights-changed': { takes: false, means: 'the same versions serve, with other shares' },
  'way-changed': {
    takes: false,
    means: 'the same versions serve, and the proxy does something else on the way',
  },
  'lane-added': { takes: false, means: 'a colour has a route of its own' },
  'link-added': { takes: false, means: 'a link or cookie leads into a lane' },
  'fallback-added': { takes: false, means: 'another version stands in where one is not ready' },
  'subset-added': { takes: false, means: 'a subset is there' },
  'host-added': { takes: false, means: 'a host has routes of its own' },
} as const satisfies Record<string, { takes: boolean; means: string }>;

export type EffectType = keyof typeof effectTypes;

export interface Effect {
  type: EffectType;
  /** By its short name; with its namespace where two have it. */
  service: string;
  /** The colour, or whatever else is asked for; `-` for requests without. A path follows where it is not `/`. */
  what: string;
  /** In words, who asks: `the gateway`, `callers in coloring`. */
  callers: readonly string[];
  /** In words, who serves; empty for what is no request. */
  before: string;
  after: string;
  /** The rule that decided before, and whose it is. */
  object?: ObjectName;
  owner?: string;
  /** The rule that decides instead. */
  by?: ObjectName;
}

/** By what an effect is declared: `service-b/release-v1`. */
export function effectName({ service, what }: Pick<Effect, 'service' | 'what'>): string {
  return `${service}/${what}`;
}

export function takes({ type }: Pick<Effect, 'type'>): boolean {
  return effectTypes[type].takes;
}
