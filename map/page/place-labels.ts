/** Where the figures of edges stand, so that none covers another. Pure. */
import { type Curve, pointOn } from './layout.ts';

export interface Label {
  x: number;
  y: number;
}

interface Size {
  width: number;
  height: number;
}

/** Places on an edge, the best first: edges part at one end and meet at the other. */
const places = [0.5, 0.62, 0.38, 0.72, 0.28, 0.8, 0.2];

/**
 * @param curves in the order in which they may choose
 * @returns for each the middle of its label; undefined where there is no room
 */
export function placeLabels(curves: readonly Curve[], { width, height }: Size): (Label | undefined)[] {
  const taken: Label[] = [];
  return curves.map((curve) => {
    const found = places
      .map((t) => pointOn(curve, t))
      .find((point) =>
        taken.every((other) => Math.abs(other.x - point.x) >= width || Math.abs(other.y - point.y) >= height),
      );
    if (found) taken.push(found);
    return found;
  });
}
