/** What many requests showed, as few effects: one for each service and colour, whoever asks and on whatever path. */

import type { Requests, Seen } from './compare.ts';
import type { Effect } from './effect.ts';
import { inWords } from './foreseen.ts';
import { type AnyObject, formatName, nameOf, ownerInWords } from './objects.ts';
import type { Side } from './side.ts';

/** A request that showed something, and for a colour with another header now, that header. */
type Told = Seen & { header?: string };

export function gather({ seen, headers }: Requests, { objects }: Side): Effect[] {
  const owners = new Map(objects.map((object) => [formatName(nameOf(object)), object]));
  const told = withHeaderChanges(seen).map((one) => ({
    one,
    ...subjectOf(one, headers),
    words: wordsOf(one),
  }));
  // What is so everywhere is not told of every path.
  const everywhere = new Set(told.filter(({ path }) => path === '').map(kindOf));
  const telling = told.filter((one) => one.path === '' || !everywhere.has(kindOf(one)));
  const alike = Map.groupBy(telling, ({ one, service, what, path, words }) =>
    JSON.stringify([one.type, service, what, path, words]),
  );
  const groups = [...alike.values()];
  return groups.flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { one, service, what, path, words } = first;
    const { rule } = one.before;
    const by = one.after.rule;
    return [
      {
        type: one.type,
        service,
        what: `${what}${path}`,
        callers: [...new Set(group.map((other) => other.one.caller.name))],
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
function withHeaderChanges(seen: readonly Seen[]): Told[] {
  const key = ({ service, caller }: Seen, value: string) => JSON.stringify([service, caller.name, value]);
  const added = new Map<string, string>();
  for (const one of seen.filter(({ type }) => type === 'lane-added')) {
    for (const [name, value] of Object.entries(one.probe.wish.headers)) added.set(key(one, value), name);
  }
  const changed = new Set<string>();
  const told = seen.map((one): Told => {
    if (one.type !== 'lane-lost') return one;
    const found = Object.entries(one.probe.wish.headers).find(([name, value]) => {
      const other = added.get(key(one, value));
      return other !== undefined && other !== name;
    });
    const [, value = ''] = found ?? [];
    const header = added.get(key(one, value));
    if (!found || header === undefined) return one;
    changed.add(key(one, value));
    return { ...one, type: 'header-changed', header };
  });
  return told.filter(
    (one) =>
      one.type !== 'lane-added' ||
      !Object.values(one.probe.wish.headers).some((value) => changed.has(key(one, value))),
  );
}

function kindOf({ one: { type, caller }, service, what }: Subject & { one: Told }): string {
  return JSON.stringify([type, caller.name, service, what]);
}

interface Subject {
  service: string;
  what: string;
  /** Method and path, where they are not GET and `/`. */
  path: string;
}

/** The colour where there is one; what else is asked for; `-`. */
function subjectOf(
  { type, probe, caller, service, before, after }: Seen,
  headers: ReadonlySet<string>,
): Subject {
  const { wish, host, context } = probe;
  if (type === 'host-lost' && caller.type === 'gateway') return { service: 'gateway', what: host, path: '' };
  if (type === 'host-added' && caller.type === 'gateway') return { service: 'gateway', what: host, path: '' };
  for (const given of type.endsWith('-added') ? after.gives : before.gives) {
    const [name = '', value = ''] = given.split('=');
    if (value && headers.has(name)) return { service, what: value, path: '' };
  }
  const asked = [...Object.values(wish.headers), ...wish.query, wish.authority ?? ''].filter(Boolean);
  const { method, path } = context;
  return {
    service,
    what: asked.join('+') || '-',
    path: `${method === 'GET' ? '' : ` ${method} `}${path === '/' ? '' : path}`,
  };
}

function wordsOf({ type, before, after, probe, header = '' }: Told): { before: string; after: string } {
  switch (type) {
    case 'header-changed':
      return { before: Object.keys(probe.wish.headers).join(', '), after: header };
    case 'fallback-lost':
    case 'fallback-added':
      return { before: before.fallback.join(' or '), after: after.fallback.join(' or ') };
    case 'way-changed':
      return {
        before: without(before.effects, after.effects),
        after: without(after.effects, before.effects),
      };
    default:
      return { before: inWords(before), after: inWords(after) };
  }
}

function without(effects: readonly string[], others: readonly string[]): string {
  return effects.filter((effect) => !others.includes(effect)).join('; ');
}
