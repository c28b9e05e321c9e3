/** A diff as text, and as data. */
import { styled } from '../../lanes/paint.ts';
import { type Allowance, allowanceFile, type Judged } from './allow.ts';
import type { ObjectChange } from './apply.ts';
import type { Diff } from './diff.ts';
import { type Effect, effectName, effectTypes, takes } from './effect.ts';
import { formatName, nameOf } from './objects.ts';

export interface Told {
  diff: Diff;
  judged: Judged;
  /** Kinds of objects that no request depends on, with how many there are. */
  besides: readonly string[];
  notSeen: readonly string[];
}

export function printDiff({ diff, judged, besides, notSeen }: Told): string {
  const { changes, effects, versions, presumed } = diff;
  const declared = judged.taken.flatMap(({ effect, allowed }) => (allowed ? [{ effect, allowed }] : []));
  const undeclared = judged.taken.flatMap(({ effect, allowed }) => (allowed ? [] : [effect]));
  const others = effects.filter((effect) => !takes(effect));
  const lines = [
    styled('bold', 'Objects'),
    ...(changes.length > 0 ? changes.map(changeLine) : ['  all as they are']),
    ...(besides.length > 0 ? [`  ${styled('dim', '·')} not looked at: ${besides.join(', ')}`] : []),
    '',
    styled('bold', 'Effect'),
    ...versions.map(
      ({ service, before, after }) =>
        `  ${service}: ${count(before.length, 'version')} to ${after.length} (${before.join(', ') || 'none'} to ${after.join(', ') || 'none'})`,
    ),
    ...grouped(undeclared).flatMap((group) => effectLines(group, styled('red', '✗'))),
    ...grouped(declared.map(({ effect }) => effect)).flatMap((group) =>
      effectLines(group, styled('yellow', '!'), 'declared: '),
    ),
    ...grouped(others).flatMap((group) => effectLines(group, styled('dim', '·'))),
    ...(effects.length === 0 ? ['  none: every request goes where it went'] : []),
    ...(presumed.length > 0
      ? [`  ${styled('dim', '·')} presumed to be there: ${presumed.map(nameOf).map(formatName).join(', ')}`]
      : []),
    ...judged.idle.map(
      ({ pattern, from }) =>
        `  ${styled('yellow', '!')} ${from}: ${pattern} is declared, and nothing takes it away`,
    ),
    ...diff.notJudged.map((line) => `  ${styled('yellow', '?')} not judged: ${line}`),
    ...notSeen.map((line) => `  ${styled('yellow', '?')} not seen: ${line}`),
    '',
    verdict(undeclared, declared),
  ];
  return lines.join('\n');
}

function verdict(undeclared: readonly Effect[], declared: readonly { allowed: Allowance }[]): string {
  if (undeclared.length > 0) {
    const names = [...new Set(undeclared.map(effectName))];
    const options = names.map((name) => `--allow '${name}'`).join(' ');
    return `${count(names.length, 'thing')} taken away and not declared. If that is meant: ${options}, or a line each in ${allowanceFile} beside the change`;
  }
  return declared.length > 0 ? 'What is taken away is declared.' : 'Nothing is taken away from anybody.';
}

function changeLine({ type, object, owner, place }: ObjectChange): string {
  const marks = { added: styled('green', '+'), changed: styled('yellow', '~'), removed: styled('red', '-') };
  const rest = [place ? `${place.file}:${place.line}` : '', owner].filter(Boolean).join('; ');
  return `  ${marks[type]} ${formatName(object)}${rest ? styled('dim', `  ${rest}`) : ''}`;
}

/** Those that differ in their colour alone are told as one. */
function grouped(effects: readonly Effect[]): Effect[][] {
  const key = ({ type, service, callers, before, after, object, by }: Effect) =>
    JSON.stringify([
      type,
      service,
      callers,
      tells(type).before && before,
      tells(type).after && after,
      object,
      by,
    ]);
  return [...Map.groupBy(effects, key).values()];
}

/** What a lane has is its own version, whatever that is called. */
function tells(type: Effect['type']): { before: boolean; after: boolean } {
  return {
    before: !['lane-lost', 'link-lost', 'fallback-lost'].includes(type),
    after: !['lane-added', 'link-added'].includes(type),
  };
}

/** So many callers are told by their names. */
const mostNamed = 3;

function effectLines(group: readonly Effect[], mark: string, prefix = ''): string[] {
  const [first] = group;
  if (!first) return [];
  const { service, callers, object, owner, by } = first;
  const names =
    callers.length > mostNamed
      ? [...callers.slice(0, mostNamed - 1), `${callers.length - mostNamed + 1} more`]
      : callers;
  const asked = names.length > 0 ? ` (${names.join(', ')})` : '';
  const rule = object ? `${formatName(object)}${owner ? ` (${owner})` : ''}` : '';
  const whose = takes(first) ? [rule, by ? `now ${formatName(by)}` : ''].filter(Boolean).join('; ') : '';
  return [
    `  ${mark} ${prefix}${service}: ${sentence(
      group.map(({ what }) => what),
      first,
    )}${asked}`,
    ...(whose ? [styled('dim', `      ${whose}`)] : []),
  ];
}

/** `release-v1, release-v3 lose their lane, now served by release` */
function sentence(whats: readonly string[], { type, service, before, after }: Effect): string {
  const what = [...new Set(whats)].join(', ');
  const isOne = !what.includes(', ');
  const now = /^\d{3}: /.test(after) ? `now ${after}` : `now served by ${after}`;
  const without = whats[0]?.startsWith('-')
    ? `requests without a colour${whats[0].slice(1) && ` on ${whats[0].slice(1)}`}`
    : what;
  switch (type) {
    case 'lane-lost':
      return `${what} ${isOne ? 'loses its lane' : 'lose their lanes'}, ${now}`;
    case 'lane-moved':
      return `${what}: served by ${before}, ${now}`;
    case 'lane-unserved':
      return `${what}: served by ${before}, ${now}`;
    case 'header-changed':
      return `${what} ${isOne ? 'is' : 'are'} asked for by ${after}, no longer by ${before}`;
    case 'link-lost':
      return `links of ${what} lead there no longer, ${now}`;
    case 'fallback-lost':
      return `${what} ${isOne ? 'loses its' : 'lose their'} fallback: nobody stands in for a version that is not ready`;
    case 'subset-lost':
      return `${isOne ? 'subset' : 'subsets'} ${what} ${isOne ? 'is' : 'are'} gone`;
    case 'host-lost':
      return `${service === 'gateway' ? `host ${what}` : without}: served by ${before}, ${now}`;
    case 'baseline-moved':
    case 'path-moved':
      return `${without}: served by ${before}, ${now}`;
    case 'route-unreachable':
      return `the route of ${what} is ${after}`;
    case 'weights-changed':
      return `${without}: ${before} becomes ${after}`;
    case 'way-changed':
      return `${without}: on the way ${before || 'nothing'} becomes ${after || 'nothing'}`;
    case 'lane-added':
      return `${what} ${isOne ? 'gets a lane' : 'get lanes'}`;
    case 'link-added':
      return `links lead into ${what}`;
    case 'fallback-added':
      return `${what} ${isOne ? 'has' : 'have'} ${after} to fall back to`;
    case 'subset-added':
      return `${isOne ? 'subset' : 'subsets'} ${what}`;
    case 'host-added':
      return `${service === 'gateway' ? `host ${what}` : without}: served by ${after}`;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** What is taken away, in a line each as {@link printDiff} says it, without the callers. */
export function lineOf(effect: Effect): string {
  return `${effect.service}: ${sentence([effect.what], effect)}`;
}

/** What {@link printDiff} says, field by field. */
export function diffAsData({ diff, judged, besides, notSeen }: Told) {
  const allowed = new Map(judged.taken.map((one) => [one.effect, one.allowed]));
  return {
    objects: diff.changes,
    versions: diff.versions,
    effects: diff.effects.map((effect) => ({
      name: effectName(effect),
      takes: takes(effect),
      means: effectTypes[effect.type].means,
      ...effect,
      ...(allowed.get(effect) && { declared: allowed.get(effect)?.from }),
    })),
    idleDeclarations: judged.idle,
    presumed: diff.presumed.map(nameOf),
    besides,
    notJudged: diff.notJudged,
    notSeen,
  };
}
