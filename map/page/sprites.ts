/** Dots, each drawn once: to copy one costs less than to fill and stroke its outline in every frame. */
import type { Paint } from './palette.ts';
import { traceShape } from './shapes.ts';

export interface Sprite {
  image: HTMLCanvasElement;
  /** Half of its width and height, as it is drawn. */
  half: number;
}

/** @param scale pixels of the screen by pixel of the page */
export function spriteOf(
  { ink, shape, hollow }: Paint,
  background: string,
  radius: number,
  scale: number,
): Sprite {
  const line = hollow ? 3 : 2;
  // Points of a star or a square stand out of the circle.
  const half = Math.ceil(radius * 1.25 + line);
  const image = document.createElement('canvas');
  image.width = image.height = Math.ceil(half * 2 * scale);
  const context = image.getContext('2d');
  if (context) {
    context.scale(scale, scale);
    traceShape(context, shape, half, half, radius);
    context.fillStyle = hollow ? background : ink;
    context.fill();
    context.lineWidth = line;
    context.strokeStyle = hollow ? ink : background;
    context.stroke();
  }
  return { image, half };
}
