/** The ways between boxes. Pure. */
import type { Box, Layout } from './layout.ts';

/** A cubic Bézier curve whose ends are level. */
export interface Curve {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  /** Of its control points; their y are those of the ends. */
  c1: number;
  c2: number;
}

/** Where requests leave a box. */
export function exitOf({ x, y, width, height, faces }: Box): { x: number; y: number } {
  return { x: faces > 0 ? x + width : x, y: y + height / 2 };
}

/** Where requests come in. */
export function entryOf({ x, y, width, height, faces }: Box): { x: number; y: number } {
  return { x: faces > 0 ? x : x + width, y: y + height / 2 };
}

/** From the one side of a box to the other of the next; undefined where one of them is not drawn. */
export function curveOf({ boxes, turn }: Layout, from: string, to: string): Curve | undefined {
  const a = boxes.get(from);
  const b = boxes.get(to);
  if (!a || !b) return undefined;
  const { x: x1, y: y1 } = exitOf(a);
  const { x: x2, y: y2 } = entryOf(b);
  // Round the end of a band the curve must not go further out than there is room.
  const reach = a.faces === b.faces ? Math.max(24, ((x2 - x1) * a.faces) / 2) : turn * 1.2;
  return { x1, y1, x2, y2, c1: x1 + a.faces * reach, c2: x2 - b.faces * reach };
}

/** @param t from 0 to 1 */
export function pointOn({ x1, y1, x2, y2, c1, c2 }: Curve, t: number): { x: number; y: number } {
  const u = 1 - t;
  const [a, b, c, d] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  return { x: a * x1 + b * c1 + c * c2 + d * x2, y: (a + b) * y1 + (c + d) * y2 };
}

export function curvePath({ x1, y1, x2, y2, c1, c2 }: Curve): string {
  return `M${x1} ${y1}C${c1} ${y1} ${c2} ${y2} ${x2} ${y2}`;
}
