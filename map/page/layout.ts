/** Where everything stands: the gateway, then a column for each step of the calls, a row for each version. Pure. */
import type { ServiceView } from '../protocol.ts';

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  zoom: number;
  /** By party: `gateway`, `service-a/release`. */
  boxes: ReadonlyMap<string, Box>;
  titles: readonly { service: string; x: number; y: number; width: number; height: number }[];
}

export interface Measures {
  boxWidth: number;
  boxHeight: number;
  rowGap: number;
  titleHeight: number;
  /** Between columns, where edges and their words are; at least. */
  columnGap: number;
  margin: number;
}

/** How much larger or smaller than written everything is drawn. */
export interface Zoom {
  least: number;
  most: number;
}

/** Fills this space with the picture; where that is too small even for the least zoom, the picture is larger. */
export function layoutOf(
  services: readonly ServiceView[],
  space: { width: number; height: number },
  written: Measures,
  { least, most }: Zoom,
): Layout {
  const columns = columnsOf(services);
  const natural = sizeOf(columns, written);
  const fit = Math.min(space.width / natural.width, space.height / natural.height);
  const zoom = Math.min(Math.max(fit, least), most);
  const measures = scaled(written, zoom);
  const { boxWidth, boxHeight, rowGap, titleHeight, margin } = measures;
  const size = sizeOf(columns, measures);
  const width = Math.max(space.width, size.width);
  const height = Math.max(Math.min(space.height, size.height * 1.5), size.height);
  const gap =
    columns.length > 0 ? (width - 2 * margin - (columns.length + 1) * boxWidth) / columns.length : 0;
  const boxes = new Map<string, Box>();
  const titles: Layout['titles'][number][] = [];
  boxes.set('gateway', {
    x: margin,
    y: (height + titleHeight - boxHeight) / 2,
    width: boxWidth,
    height: boxHeight,
  });
  for (const [index, column] of columns.entries()) {
    const x = margin + (index + 1) * (boxWidth + gap);
    let y = (height - columnHeight(column, measures)) / 2;
    for (const service of column) {
      titles.push({ service: service.name, x, y, width: boxWidth, height: titleHeight });
      y += titleHeight;
      for (const { name } of service.versions) {
        boxes.set(`${service.name}/${name}`, { x, y, width: boxWidth, height: boxHeight });
        y += boxHeight + rowGap;
      }
      y += rowGap;
    }
  }
  return { width, height, zoom, boxes, titles };
}

function scaled(measures: Measures, zoom: number): Measures {
  const entries = Object.entries(measures).map(([name, value]) => [name, value * zoom]);
  return Object.fromEntries(entries) as unknown as Measures;
}

function sizeOf(columns: readonly (readonly ServiceView[])[], measures: Measures) {
  const { boxWidth, boxHeight, columnGap, margin, titleHeight } = measures;
  return {
    width: (columns.length + 1) * boxWidth + columns.length * columnGap + 2 * margin,
    height:
      Math.max(boxHeight + titleHeight, ...columns.map((column) => columnHeight(column, measures))) +
      2 * margin,
  };
}

function columnHeight(column: readonly ServiceView[], { boxHeight, rowGap, titleHeight }: Measures): number {
  const heights = column.map(({ versions }) => titleHeight + versions.length * (boxHeight + rowGap) + rowGap);
  return heights.reduce((sum, height) => sum + height, 0) - 2 * rowGap;
}

/** Each service one column behind the last of those that call it; in a column near to their callers. */
function columnsOf(services: readonly ServiceView[]): ServiceView[][] {
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

export interface Curve {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  /** How far the curve leaves each end before it bends. */
  reach: number;
}

/** From the right side of one box to the left side of the other; undefined where one of them is not drawn. */
export function curveOf({ boxes }: Layout, from: string, to: string): Curve | undefined {
  const a = boxes.get(from);
  const b = boxes.get(to);
  if (!a || !b) return undefined;
  const x1 = a.x + a.width;
  return { x1, y1: a.y + a.height / 2, x2: b.x, y2: b.y + b.height / 2, reach: Math.max(24, (b.x - x1) / 2) };
}

/** @param t from 0 to 1 */
export function pointOn({ x1, y1, x2, y2, reach }: Curve, t: number): { x: number; y: number } {
  const u = 1 - t;
  return {
    x: u ** 3 * x1 + 3 * u * u * t * (x1 + reach) + 3 * u * t * t * (x2 - reach) + t ** 3 * x2,
    y: u ** 3 * y1 + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t ** 3 * y2,
  };
}

export function curvePath({ x1, y1, x2, y2, reach }: Curve): string {
  return `M${x1} ${y1}C${x1 + reach} ${y1} ${x2 - reach} ${y2} ${x2} ${y2}`;
}
