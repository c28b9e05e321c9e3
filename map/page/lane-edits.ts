/** The routes of a colour taken out of the rules of its service, or put in, as changes of the rules. Pure. */
import type { Edit, RouteTableView } from '../protocol.ts';

export interface LaneEdits {
  /** `on`: the colour gets routes. */
  to: 'on' | 'off';
  /** Empty where there is no rule that a route could be added to. */
  edits: readonly Edit[];
}

/**
 * What switches the routes of a colour: off where it has some, else on.
 * @param tables of its service
 * @param header that carries the colour
 */
export function laneEdits(
  service: string,
  color: string,
  tables: readonly RouteTableView[],
  header: string,
): LaneEdits {
  const own = tables.flatMap(({ rule, routes }) =>
    routes.filter((route) => route.color === color).map(({ index }) => ({ rule, route: index })),
  );
  if (own.length > 0) return { to: 'off', edits: own.map((where) => ({ ...where, type: 'remove' })) };
  const edits = switchboards(tables).map(
    (where): Edit => ({ ...where, type: 'add', color, header, host: service, subset: color }),
  );
  return { to: 'on', edits };
}

/**
 * Where a route for a colour belongs: before those of other colours; where there are none, before what serves all else. Links
 * are told by host and cookie, not by colour: they are left alone.
 */
function switchboards(tables: readonly RouteTableView[]): { rule: string; route: number }[] {
  const first = (isIt: (route: RouteTableView['routes'][number]) => boolean) =>
    tables.flatMap(({ rule, routes }) => {
      const found = routes.find(isIt);
      return found ? [{ rule, route: found.index }] : [];
    });
  const beforeColors = first(({ color }) => color !== undefined);
  return beforeColors.length > 0 ? beforeColors : first(({ matches }) => matches.length === 0);
}
