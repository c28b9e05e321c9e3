/** Draws journeys on a canvas that lies over the picture. */

import { type Curve, curveOf, entryOf, exitOf, pointOn } from './curves.ts';
import type { Event, Journeys, Step } from './dots.ts';
import type { Layout } from './layout.ts';
import type { Paint } from './palette.ts';
import type { Sprite } from './sprites.ts';

export interface Brush {
  layout: Layout;
  paintOf: (color: string | undefined) => Paint;
  /** A dot of this colour. */
  spriteOf: (color: string | undefined) => Sprite;
  /** Radius of a dot. */
  radius: number;
  /** Of words: `600 14px sans-serif`. */
  font: string;
  background: string;
  failure: string;
  /** `lost the colour`, behind the name of who did. */
  lost: string;
}

/** @param now as the journeys' start, milliseconds */
export function paintJourneys(
  context: CanvasRenderingContext2D,
  journeys: Journeys,
  now: number,
  brush: Brush,
  curves: Map<string, Curve | undefined>,
): void {
  context.clearRect(0, 0, brush.layout.width, brush.layout.height);
  for (const { startedAt, steps, events } of journeys.all) {
    const at = now - startedAt;
    for (const step of steps)
      if (at >= step.begin && at <= step.end) paintStep(context, step, at, brush, curves);
    for (const event of events)
      if (at >= event.begin && at <= event.end && !(journeys.isBusy && event.type === 'served'))
        paintEvent(context, event, at, brush);
  }
}

function paintStep(
  context: CanvasRenderingContext2D,
  step: Step,
  at: number,
  brush: Brush,
  curves: Map<string, Curve | undefined>,
): void {
  const key = `${step.from} > ${step.to}`;
  if (!curves.has(key)) curves.set(key, curveOf(brush.layout, step.from, step.to));
  const curve = curves.get(key);
  if (!curve) return;
  const { x, y } = pointOn(curve, ease((at - step.begin) / (step.end - step.begin)));
  const sprite = brush.spriteOf(step.color);
  context.drawImage(sprite.image, x - sprite.half, y - sprite.half, sprite.half * 2, sprite.half * 2);
}

function paintEvent(context: CanvasRenderingContext2D, event: Event, at: number, brush: Brush): void {
  const box = brush.layout.boxes.get(event.at);
  if (!box) return;
  const age = (at - event.begin) / (event.end - event.begin);
  const { x, y } = event.type === 'loss' ? exitOf(box) : entryOf(box);
  const { ink } = brush.paintOf(event.color);
  context.globalAlpha = 1 - age * age;
  context.lineWidth = 3;
  if (event.type === 'failure' || event.type === 'wrong-lane') {
    context.strokeStyle = brush.failure;
    for (let i = 0; i < 8; i++) {
      const angle = (i / 8) * 2 * Math.PI;
      const inner = brush.radius * (0.6 + age * 2);
      const outer = brush.radius * (1.6 + age * 3);
      context.beginPath();
      context.moveTo(x + Math.cos(angle) * inner, y + Math.sin(angle) * inner);
      context.lineTo(x + Math.cos(angle) * outer, y + Math.sin(angle) * outer);
      context.stroke();
    }
    word(context, event.text, x, y - brush.radius * 3, brush.failure, brush);
  } else if (event.type === 'loss') {
    context.strokeStyle = ink;
    context.setLineDash([3, 5]);
    ring(context, x, y, brush.radius * (1 + age * 3));
    context.setLineDash([]);
    word(context, `${event.text} ${brush.lost}`, x, y - brush.radius * 3, ink, brush);
  } else {
    context.strokeStyle = ink;
    if (event.type === 'fallback') context.setLineDash([6, 4]);
    ring(context, x, y, brush.radius * (1 + age * 1.6));
    context.setLineDash([]);
    if (event.type === 'fallback')
      word(context, '↩', x - box.faces * brush.radius * 2.4, y - brush.radius * 1.6, ink, brush);
  }
  context.globalAlpha = 1;
}

function ring(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}

function word(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  ink: string,
  { font, background, layout }: Brush,
): void {
  context.font = font;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const half = context.measureText(text).width / 2 + 6;
  const inside = Math.min(Math.max(x, half), layout.width - half);
  const visible = Math.max(y, 12);
  context.lineWidth = 5;
  context.strokeStyle = background;
  context.strokeText(text, inside, visible);
  context.fillStyle = ink;
  context.fillText(text, inside, visible);
}

/** Slow at both ends: eyes find a dot where it starts and where it arrives. */
function ease(t: number): number {
  return t < 0.5 ? 2 * t * t : 1 - (2 - 2 * t) ** 2 / 2;
}
