/** What the difference between two ways of one request is to those who send it. Pure. */
import type { EffectType } from './effect.ts';
import type { Foreseen, Share } from './foreseen.ts';

/** A request, and the same one without its wish, or in no particular context: on both sides. */
export interface Compared {
  before: Foreseen;
  after: Foreseen;
  /** What it would be without what it wishes for; itself where it wishes for nothing. */
  plain: { before: Foreseen; after: Foreseen };
  /** It asks for something by its name. */
  hasWish: boolean;
  /** Its path, method and the like are those of the plainest request of its host. */
  hasPlainContext: boolean;
  /** Whether the host has routes of its own. */
  host: { before: boolean; after: boolean };
}

const tolerance = 0.001;

/** What a request wishes for and nobody else does: a colour in a header, or a link into one. */
type Sort = 'lane' | 'link';

/** Undefined: nothing, or nothing that another request does not tell better. */
export function judge(compared: Compared): EffectType | undefined {
  const { before, after, plain, hasWish, hasPlainContext, host } = compared;
  const isPlainest = !hasWish && hasPlainContext;
  if (isSame(before, after)) return undefined;
  if (host.before !== host.after) return isPlainest ? ofHost(compared) : undefined;
  const hadOwn = before.route !== plain.before.route;
  const hasOwn = after.route !== plain.after.route;
  if (hasWish || !isPlainest) {
    // What befell all requests of the host is told of the plainest.
    if (!hadOwn && !hasOwn) return undefined;
    if (hadOwn && !hasOwn && isUnserved(plain.after) && !isUnserved(plain.before)) return undefined;
  }
  // A path, say, that all lose is told without their colours.
  if (hasWish && !hasPlainContext && !isSame(plain.before, plain.after)) return undefined;
  if (hasWish) return ofWish(compared, hadOwn, hasOwn);
  if (isUnserved(before) && !isUnserved(after)) return 'host-added';
  if (!isPlainest && lacks(before.gives, after.gives)) return 'link-lost';
  if (!isPlainest && lacks(after.gives, before.gives)) return 'link-added';
  if (isLess(before, after)) return isPlainest ? baseline(after) : 'path-moved';
  return besides(before, after);
}

function baseline(after: Foreseen): EffectType {
  return isUnserved(after) ? 'host-lost' : 'baseline-moved';
}

function ofHost({ before, after, host }: Compared): EffectType | undefined {
  if (host.after) return isUnserved(after) && !isUnserved(before) ? 'host-lost' : 'host-added';
  return isLess(before, after) ? 'host-lost' : undefined;
}

function ofWish(
  { before, after, plain }: Compared,
  hadOwn: boolean,
  hasOwn: boolean,
): EffectType | undefined {
  const sort: Sort = isLink(hadOwn ? before : after) ? 'link' : 'lane';
  if (!hadOwn) {
    const isWorse = unserved(after) > Math.max(unserved(before), unserved(plain.after)) + tolerance;
    return isWorse ? 'lane-unserved' : `${sort}-added`;
  }
  if (sort === 'link' && lacks(before.gives, after.gives)) return 'link-lost';
  if (!isLess(before, after)) return besides(before, after);
  return hasOwn ? 'lane-moved' : `${sort}-lost`;
}

/** What changes where the same versions go on serving. */
function besides(before: Foreseen, after: Foreseen): EffectType | undefined {
  if (before.fallback.length > 0 && after.fallback.length === 0) return 'fallback-lost';
  if (!sameShares(before, after)) return 'weights-changed';
  if (after.fallback.length > 0 && before.fallback.length === 0) return 'fallback-added';
  return 'way-changed';
}

/** It gives the request a colour, or the client a cookie with one. */
function isLink({ gives }: Foreseen): boolean {
  return gives.length > 0;
}

function lacks(before: readonly string[], after: readonly string[]): boolean {
  return before.some((one) => !after.includes(one));
}

/** Somebody who served does not any more, or more requests than before are served by nobody. */
function isLess(before: Foreseen, after: Foreseen): boolean {
  const serving = (shares: readonly Share[]) =>
    shares.filter(({ isServed, percent }) => isServed && percent > 0);
  const left = new Set(serving(after.shares).map(({ identity }) => identity));
  const isGone = serving(before.shares).some(({ identity }) => !left.has(identity));
  return isGone || unserved(after) > unserved(before) + tolerance;
}

function unserved({ shares }: Foreseen): number {
  return shares.reduce((sum, { isServed, percent }) => sum + (isServed ? 0 : percent), 0);
}

function isUnserved(one: Foreseen): boolean {
  return unserved(one) > 100 - tolerance;
}

function isSame(a: Foreseen, b: Foreseen): boolean {
  return (
    sameShares(a, b) &&
    sameWords(a.fallback, b.fallback) &&
    sameWords(a.gives, b.gives) &&
    sameWords(a.effects, b.effects)
  );
}

function sameShares({ shares: a }: Foreseen, { shares: b }: Foreseen): boolean {
  const key = (share: Share) => (share.isServed ? share.identity : 'nobody');
  const percents = new Map(a.map((share) => [key(share), share.percent]));
  return (
    a.length === b.length &&
    b.every((share) => Math.abs((percents.get(key(share)) ?? -1) - share.percent) < tolerance)
  );
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
