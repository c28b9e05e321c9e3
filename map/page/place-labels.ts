/** Where the figures of edges stand: above their edge, clear of each other and of other edges. Pure. */
import { type Curve, pointOn } from './curves.ts';

export interface Label {
  x: number;
  y: number;
}

interface Size {
  width: number;
  height: number;
}

/** Places on an edge: edges part at one end, meet at the other, or cross in the middle. */
const places = [0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78];
/** An edge as points, to see whether it runs through a label. */
const samples = Array.from({ length: 17 }, (_, i) => i / 16);
/** Further away than this is no better. */
const clear = 1.25;

/**
 * @param curves in the order in which they may choose
 * @returns for each the middle of its label; undefined where there is no room
 */
export function placeLabels(curves: readonly Curve[], size: Size): (Label | undefined)[] {
  const lines = curves.map((curve) => samples.map((t) => pointOn(curve, t)));
  const taken: Label[] = [];
  return curves.map((curve, own) => {
    const others = lines.filter((_, index) => index !== own);
    let best: { label: Label; room: number } | undefined;
    for (const t of places) {
      const { x, y } = pointOn(curve, t);
      const label = { x, y: y - size.height * 0.6 };
      const isFree = taken.every(
        (other) => Math.abs(other.x - x) >= size.width || Math.abs(other.y - label.y) >= size.height,
      );
      const room = isFree ? roomAround(label, others, size) : 0;
      // Of two that are as good the first: it is nearer to the middle.
      if (isFree && room > (best?.room ?? Number.NEGATIVE_INFINITY)) best = { label, room };
    }
    if (best) taken.push(best.label);
    return best?.label;
  });
}

/** How far the nearest of these lines is: below 1 it runs through the label. */
function roomAround(label: Label, lines: readonly (readonly Label[])[], { width, height }: Size): number {
  let least = clear;
  for (const line of lines) {
    for (const { x, y } of line) {
      const apart = Math.max(Math.abs(x - label.x) / (width / 2), Math.abs(y - label.y) / (height / 2));
      least = Math.min(least, apart);
    }
  }
  return least;
}
