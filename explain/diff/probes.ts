/** The requests by which two tables of one proxy are compared: for every host and match that either of them knows. */
import { isDeepStrictEqual } from 'node:util';
import type { RequestHead } from '../../mesh/routing/decision.ts';
import type { RouteTable } from '../../mesh/routing/table.ts';
import type { VirtualHost } from '../../mesh/routing/virtual-host.ts';
import type { HttpMatch } from '../../mesh/rules/model.ts';
import { type Context, noContext, noWish, unknownValues, type Wish, witnessOf } from './witness.ts';

export interface Probe {
  head: RequestHead;
  /** The host as rules have it: `*.shop.com`. */
  host: string;
  context: Context;
  wish: Wish;
  /** Whether it asks for something by its name. */
  hasWish: boolean;
  /** Whether its path, method and the like are those of the plainest request of its host. */
  hasPlainContext: boolean;
  /** The same without its wish; without a wish the plainest one. */
  plain: RequestHead;
}

/** Every wish in every context is so many requests at most; beyond, contexts are asked without the wishes of others. */
const mostCombined = 20_000;

export function probesFor(tables: readonly RouteTable[]): Probe[] {
  const ports = new Set(tables.flatMap(({ ports }) => [...ports.keys()]));
  return [...ports].flatMap((port) => {
    const virtualHosts = tables
      .flatMap((table) => table.ports.get(port)?.virtualHosts ?? [])
      .filter(isWritten);
    const byHost = Map.groupBy(virtualHosts, ({ domains: [first = '*'] }) => first);
    return [...byHost].flatMap(([host, all]) => probesOf(host, port, all.flatMap(matchesOf)));
  });
}

/** Not Istio's own, for hosts that nobody knows. */
function isWritten({ name }: VirtualHost): boolean {
  return name !== 'allow_any' && name !== 'block_all';
}

function matchesOf({ routes }: VirtualHost): HttpMatch[] {
  return [...new Set(routes.flatMap(({ by }) => by?.route.match ?? []))];
}

function probesOf(host: string, port: number, matches: readonly HttpMatch[]): Probe[] {
  const witnesses = matches.map(witnessOf);
  const contexts = distinct([noContext, ...witnesses.map(({ context }) => context)]);
  const own = witnesses.map(({ wish }) => wish);
  const wishes = distinct([noWish, ...own, ...own.map(({ headers }) => unknownValues(headers))]);
  const isFew = contexts.length * wishes.length <= mostCombined;
  const combined = contexts.flatMap((context) =>
    (isFew || context === noContext ? wishes : [noWish]).map((wish) => ({ context, wish })),
  );
  return distinct([...combined, ...witnesses]).map(({ context, wish }) => {
    const hasWish = !isDeepStrictEqual(wish, noWish);
    return {
      head: headOf(host, port, context, wish),
      host,
      context,
      wish,
      hasWish,
      hasPlainContext: isDeepStrictEqual(context, noContext),
      plain: headOf(host, port, hasWish ? context : noContext, noWish),
    };
  });
}

function distinct<T>(all: readonly T[]): T[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

function headOf(host: string, port: number, context: Context, wish: Wish): RequestHead {
  const { method, path } = context;
  const query = wish.query.join('&');
  return {
    method,
    path: query ? `${path}${path.includes('?') ? '&' : '?'}${query}` : path,
    // The star stands for at least one character.
    authority: wish.authority ?? host.replace(/^\*$/, 'any-host').replace(/^\*/, 'any'),
    scheme: 'http',
    port,
    headers: { ...context.headers, ...wish.headers },
  };
}
