/** Which service stands in which column. Pure. */
import type { ServiceView } from '../protocol.ts';

/** Each service one column behind the last of those that call it; in a column near to their callers. */
export function columnsOf(services: readonly ServiceView[]): ServiceView[][] {
  const depth = new Map<string, number>();
  // Services come in the order of calls.
  for (const service of services) {
    const own = depth.get(service.name) ?? 0;
    depth.set(service.name, own);
    for (const called of service.calls) depth.set(called, Math.max(depth.get(called) ?? 0, own + 1));
  }
  const columns: ServiceView[][] = [];
  const place = new Map<string, number>();
  for (const service of services) {
    const column = depth.get(service.name) ?? 0;
    while (columns.length <= column) columns.push([]);
    columns[column]?.push(service);
  }
  for (const column of columns) {
    const middle = ({ name }: ServiceView) => {
      const callers = services
        .filter(({ calls }) => calls.includes(name))
        .map((caller) => place.get(caller.name) ?? 0);
      return callers.length === 0 ? 0 : callers.reduce((sum, at) => sum + at, 0) / callers.length;
    };
    column.sort((a, b) => middle(a) - middle(b));
    for (const [index, { name }] of column.entries()) place.set(name, index);
  }
  return columns;
}
