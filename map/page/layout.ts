/**
 * Where everything stands: the gateway, then a column for each step of the calls, a row for each version. More columns
 * than fit go on in a band below, in the other direction, as a snake does. Pure.
 */
import type { ServiceView } from '../protocol.ts';
import { type Arrange, inLine } from './columns.ts';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  /** 1: requests go through it to the right; -1: to the left. */
  faces: 1 | -1;
}

export interface Layout {
  width: number;
  height: number;
  zoom: number;
  /** Room at the ends of a band, for ways that turn. */
  turn: number;
  /** Words in a box stand in one line. */
  isCompact: boolean;
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
  bandGap: number;
  turn: number;
  margin: number;
  isCompact: boolean;
}

/** How much larger or smaller than written everything is drawn. */
export interface Zoom {
  least: number;
  most: number;
}

interface Size {
  width: number;
  height: number;
}

/** How much larger all would have to be for a way that is less plain to be the better one. */
const inOneBand = 1.5;
const inTheFirstStyle = 1.25;
/** Larger than this nobody needs it to be read. */
const comfortable = 1.2;
/** Rows move apart where there is room, so that edges do. */
const mostStretch = 2.5;

/**
 * Fills this space with the picture; where that is too small even for the least zoom, the picture is larger.
 * @param styles the one to be liked best comes first
 * @param arrange for services that are more than a chain
 */
export function layoutOf(
  services: readonly ServiceView[],
  space: Size,
  styles: readonly Measures[],
  limits: Zoom,
  arrange: Arrange = inLine,
): Layout {
  // The gateway has a column of its own.
  const columns = [[], ...arrange(services)];
  const { bands, written, fit } = bestOf(columns, space, styles, limits);
  const zoom = Math.min(Math.max(fit, limits.least), limits.most);
  const measures = scaled(written, zoom);
  const rows = Math.max(1, ...columns.map((column) => column.reduce((n, one) => n + one.versions.length, 0)));
  const slack = Math.max(0, space.height - sizeOf(bands, measures).height) / (rows * bands.length);
  measures.rowGap = Math.min(measures.rowGap + slack, measures.rowGap * mostStretch);
  const size = sizeOf(bands, measures);
  const [width, height] = [Math.max(space.width, size.width), Math.max(space.height, size.height)];
  const { boxes, titles } = placed(bands, measures, { width, height }, (height - size.height) / 2);
  return { width, height, zoom, turn: measures.turn, isCompact: written.isCompact, boxes, titles };
}

type Column = readonly ServiceView[];
type Band = readonly Column[];

interface Way {
  bands: readonly Band[];
  written: Measures;
  fit: number;
}

/** Of the ways that can be read the best; else one that is not too wide. */
function bestOf(columns: Band, space: Size, styles: readonly Measures[], { least }: Zoom): Way {
  const ways = Array.from({ length: Math.max(1, Math.ceil(columns.length / 2)) }, (_, i) => {
    const bands = cut(columns, i + 1);
    return styles.map((written): Way => {
      const size = sizeOf(bands, written);
      return { bands, written, fit: Math.min(space.width / size.width, space.height / size.height) };
    });
  }).flat();
  const best = (some: readonly Way[], worth: (way: Way) => number) =>
    some.toSorted((a, b) => worth(b) - worth(a)).at(0);
  const readable = best(
    ways.filter(({ fit }) => fit >= least),
    ({ bands, written, fit }) =>
      Math.min(fit, comfortable) *
      (bands.length === 1 ? inOneBand : 1) *
      (written === styles[0] ? inTheFirstStyle : 1),
  );
  if (readable) return readable;
  // Down it can be scrolled more easily than to the side.
  const isNarrowEnough = ({ bands, written }: Way) => sizeOf(bands, written).width * least <= space.width;
  return ways.find((way) => way.written === styles.at(-1) && isNarrowEnough(way)) ?? (ways[0] as Way);
}

function cut(columns: Band, count: number): Band[] {
  const each = Math.ceil(columns.length / count);
  return Array.from({ length: Math.ceil(columns.length / each) }, (_, i) =>
    columns.slice(i * each, (i + 1) * each),
  );
}

function scaled(measures: Measures, zoom: number): Measures {
  const entries = Object.entries(measures).map(([name, value]) => [
    name,
    typeof value === 'number' ? value * zoom : value,
  ]);
  return Object.fromEntries(entries) as unknown as Measures;
}

function sizeOf(bands: readonly Band[], measures: Measures): Size {
  const { boxWidth, columnGap, bandGap, margin, turn } = measures;
  const columns = bands[0]?.length ?? 0;
  const ends = bands.length > 1 ? turn : 0;
  const heights = bands.map((band) => bandHeight(band, measures));
  return {
    width: columns * boxWidth + (columns - 1) * columnGap + 2 * (margin + ends),
    height: heights.reduce((sum, height) => sum + height, (bands.length - 1) * bandGap) + 2 * margin,
  };
}

function bandHeight(band: Band, measures: Measures): number {
  return Math.max(...band.map((column) => columnHeight(column, measures)));
}

function columnHeight(column: Column, { boxHeight, rowGap, titleHeight }: Measures): number {
  if (column.length === 0) return titleHeight + boxHeight;
  const heights = column.map(({ versions }) => titleHeight + versions.length * (boxHeight + rowGap) + rowGap);
  return heights.reduce((sum, height) => sum + height, 0) - 2 * rowGap;
}

/** @param top where the first band begins, less the margin */
function placed(bands: readonly Band[], measures: Measures, { width }: Size, top: number) {
  const { boxWidth, boxHeight, rowGap, titleHeight, bandGap, margin, turn } = measures;
  const boxes = new Map<string, Box>();
  const titles: Layout['titles'][number][] = [];
  const columns = bands[0]?.length ?? 1;
  const edge = margin + (bands.length > 1 ? turn : 0);
  const step = columns > 1 ? (width - 2 * edge - boxWidth) / (columns - 1) : 0;
  let bandTop = top + margin;
  for (const [index, band] of bands.entries()) {
    const faces = index % 2 === 0 ? 1 : -1;
    const tall = bandHeight(band, measures);
    for (const [nth, column] of band.entries()) {
      const x = edge + step * (faces > 0 ? nth : columns - 1 - nth);
      let y = bandTop + (tall - columnHeight(column, measures)) / 2;
      if (column.length === 0)
        boxes.set('gateway', { x, y: y + titleHeight, width: boxWidth, height: boxHeight, faces });
      for (const service of column) {
        titles.push({ service: service.name, x, y, width: boxWidth, height: titleHeight });
        y += titleHeight;
        for (const { name } of service.versions) {
          boxes.set(`${service.name}/${name}`, { x, y, width: boxWidth, height: boxHeight, faces });
          y += boxHeight + rowGap;
        }
        y += rowGap;
      }
    }
    bandTop += tall + bandGap;
  }
  return { boxes, titles };
}
