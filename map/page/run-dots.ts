/** Keeps the dots moving: one canvas, drawn only while there is something on it. */
import { effect } from '@preact/signals';
import type { TrafficView } from '../protocol.ts';
import type { Curve } from './curves.ts';
import { Journeys } from './dots.ts';
import type { Layout } from './layout.ts';
import { type Brush, paintJourneys } from './paint-dots.ts';
import { type Paint, paintOf } from './palette.ts';
import { dots } from './settings.ts';
import { type Sprite, spriteOf } from './sprites.ts';
import { lanes } from './state.ts';
import { Streams } from './streams.ts';
import { words } from './words.ts';

const journeys = new Journeys();
export const streams = new Streams();
let wake = () => {};

const fadeMs = 3_000;
setInterval(() => streams.fade(), fadeMs);

/** Requests that came: they start to move. Those of one message start one after the other, not in a bunch. */
export function showTraffic(traffic: TrafficView): void {
  streams.add(traffic);
  if (dots.value === 'off' || document.hidden) return;
  const now = performance.now();
  const first = Math.min(...traffic.requests.map(({ at }) => at));
  for (const request of traffic.requests)
    journeys.add(request, now + Math.min(400, request.at - first), lanes.value.services);
  wake();
}

export function clearDots(): void {
  journeys.clear();
  wake();
}

/** @returns ends it */
export function runDots(canvas: HTMLCanvasElement, layoutNow: () => Layout): () => void {
  const context = canvas.getContext('2d');
  if (!context) return () => {};
  let frame = 0;
  let brush: Brush | undefined;
  let curves = new Map<string, Curve | undefined>();

  /** What holds until the layout, the screen or the looks change. */
  const newBrush = (layout: Layout): Brush => {
    canvas.width = layout.width * devicePixelRatio;
    canvas.height = layout.height * devicePixelRatio;
    canvas.style.width = `${layout.width}px`;
    canvas.style.height = `${layout.height}px`;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    curves = new Map();
    const style = getComputedStyle(canvas);
    const background = style.getPropertyValue('--ground');
    const radius = Math.max(6, 8 * layout.zoom);
    const sprites = new Map<Paint, Sprite>();
    return {
      layout,
      paintOf: paintOf.value,
      spriteOf: (color) => {
        const paint = paintOf.value(color);
        const sprite = sprites.get(paint) ?? spriteOf(paint, background, radius, devicePixelRatio);
        sprites.set(paint, sprite);
        return sprite;
      },
      radius,
      font: `700 ${Math.max(12, Math.round(15 * layout.zoom))}px ${style.fontFamily}`,
      background,
      failure: style.getPropertyValue('--bad'),
      lost: words.value.lost,
    };
  };

  const draw = (now: number) => {
    frame = 0;
    const layout = layoutNow();
    if (brush?.layout !== layout) brush = newBrush(layout);
    const more = journeys.expire(now);
    paintJourneys(context, journeys, now, brush, curves);
    if (more) wake();
  };
  wake = () => {
    frame ||= requestAnimationFrame(draw);
  };
  const looksChanged = () => {
    brush = undefined;
    wake();
  };
  addEventListener('resize', looksChanged);
  const stop = effect(() => {
    // All that a brush is made of.
    paintOf.value;
    words.value;
    brush = undefined;
    if (dots.value === 'off') journeys.clear();
    wake();
  });
  return () => {
    stop();
    removeEventListener('resize', looksChanged);
    cancelAnimationFrame(frame);
    wake = () => {};
  };
}
