/** The shapes of the palette, as outlines around (0, 0) within a radius of 1. */
import type { Shape } from './palette.ts';

type Point = readonly [x: number, y: number];

function ring(corners: number, turn: number, radii: readonly number[] = [1]): Point[] {
  return Array.from({ length: corners }, (_, i) => {
    const angle = turn + (i / corners) * 2 * Math.PI;
    const radius = radii[i % radii.length] ?? 1;
    return [Math.cos(angle) * radius, Math.sin(angle) * radius];
  });
}

const up = -Math.PI / 2;

const outlines: Readonly<Record<Exclude<Shape, 'circle'>, readonly Point[]>> = {
  square: ring(4, Math.PI / 4, [1.1]),
  triangle: ring(3, up, [1.2]),
  diamond: ring(4, up, [1.15]),
  hexagon: ring(6, 0, [1.05]),
  star: ring(10, up, [1.2, 0.55]),
  plus: [
    [-0.35, -1],
    [0.35, -1],
    [0.35, -0.35],
    [1, -0.35],
    [1, 0.35],
    [0.35, 0.35],
    [0.35, 1],
    [-0.35, 1],
    [-0.35, 0.35],
    [-1, 0.35],
    [-1, -0.35],
    [-0.35, -0.35],
  ],
  drop: ring(5, up, [1.1]),
};

/** For SVG: a path of this shape with this radius around (x, y). */
export function shapePath(shape: Shape, x: number, y: number, radius: number): string {
  if (shape === 'circle') {
    const r = radius;
    return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  }
  const points = outlines[shape].map(
    ([px, py]) => `${(x + px * radius).toFixed(2)} ${(y + py * radius).toFixed(2)}`,
  );
  return `M${points.join('L')}Z`;
}

/** For a canvas: begins the path; the caller fills or strokes it. */
export function traceShape(
  context: CanvasRenderingContext2D,
  shape: Shape,
  x: number,
  y: number,
  radius: number,
): void {
  context.beginPath();
  if (shape === 'circle') {
    context.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  for (const [px, py] of outlines[shape]) context.lineTo(x + px * radius, y + py * radius);
  context.closePath();
}
