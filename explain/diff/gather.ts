/** What many requests showed, as few effects: one for each service and colour, whoever asks and on whatever path. */

import { callerInWords } from './callers.ts';
import type { Seen } from './compare.ts';
import type { Effect } from './effect.ts';
import { inWords } from './foreseen.ts';
import { type AnyObject, formatName, nameOf, ownerInWords } from './objects.ts';
import type { Side } from './side.ts';
import type { Wish } from './witness.ts';

export function gather(seen: readonly Seen[], { objects }: Side): Effect[] {
  const owners = new Map(objects.map((object) => [formatName(nameOf(object)), object]));
  const colorHeaders = new Set(seen.flatMap(({ probe }) => Object.keys(probe.wish.headers)));
  const single = withHeaderChanges(seen).map((one) => ({
    one,
    what: whatOf(one, colorHeaders),
    words: { before: wordsOf(one, 'before'), after: wordsOf(one, 'after') },
  }));
  const groups = Map.groupBy(single, ({ one, what, words }) =>
    JSON.stringify([one.type, one.service, what, words.before, words.after]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { one, what, words } = first;
    const paths = [...new Set(group.map(({ one: { probe } }) => pathOf(probe)))];
    const path = paths.includes('') ? '' : (paths[0] ?? '');
    const { rule } = one.before;
    const by = one.after.rule;
    return [
      {
        type: one.type,
        service: one.service,
        what: `${what}${path}`,
        callers: [...new Set(group.map(({ one: { caller } }) => callerInWords(caller)))],
        ...words,
        ...(rule && { object: rule, owner: ownerOf(owners.get(formatName(rule))) }),
        ...(by && (!rule || formatName(by) !== formatName(rule)) && { by }),
      },
    ];
  });
}

function ownerOf(object: AnyObject | undefined): string {
  return object ? ownerInWords(object) : '';
}

/** A colour that has lost its lane by one header, and got one by another. */
function withHeaderChanges(seen: readonly Seen[]): Seen[] {
  const key = ({ service, caller }: Seen, value: string) => JSON.stringify([service, caller.name, value]);
  const added = new Map<string, string>();
  for (const one of seen.filter(({ type }) => type === 'lane-added')) {
    for (const [name, value] of Object.entries(one.probe.wish.headers)) added.set(key(one, value), name);
  }
  const changed = new Set<string>();
  const told = seen.map((one): Seen => {
    if (one.type !== 'lane-lost') return one;
    const found = Object.entries(one.probe.wish.headers).find(([name, value]) => {
      const other = added.get(key(one, value));
      return other !== undefined && other !== name;
    });
    if (!found) return one;
    changed.add(key(one, found[1]));
    return { ...one, type: 'header-changed' };
  });
  return told.filter(
    (one) =>
      one.type !== 'lane-added' ||
      !Object.values(one.probe.wish.headers).some((value) => changed.has(key(one, value))),
  );
}

/** The colour where there is one; what else is asked for; `-`. */
function whatOf({ probe, before, after }: Seen, colorHeaders: ReadonlySet<string>): string {
  const { wish } = probe;
  for (const given of [...before.gives, ...after.gives]) {
    const [name = '', value = ''] = given.split('=');
    if (value && colorHeaders.has(name)) return value;
  }
  const asked = [...Object.values(wish.headers), ...wish.query, wish.authority ?? ''].filter(Boolean);
  return asked.join('+') || '-';
}

function pathOf({ context: { method, path } }: Seen['probe']): string {
  return `${method === 'GET' ? '' : ` ${method} `}${path === '/' ? '' : path}`;
}

function wordsOf({ type, before, after, probe }: Seen, side: 'before' | 'after'): string {
  const one = side === 'before' ? before : after;
  switch (type) {
    case 'header-changed':
      return side === 'before' ? headersOf(probe.wish) : '';
    case 'fallback-lost':
    case 'fallback-added':
      return one.fallback.join(' or ');
    case 'way-changed': {
      const other = side === 'before' ? after : before;
      return one.effects.filter((effect) => !other.effects.includes(effect)).join('; ');
    }
    default:
      return inWords(one);
  }
}

function headersOf({ headers }: Wish): string {
  return Object.keys(headers).join(', ');
}
