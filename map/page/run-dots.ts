/** Keeps the dots moving: one canvas, drawn only while there is something on it. */
import { effect } from '@preact/signals';
import type { TrafficView } from '../protocol.ts';
import { Journeys } from './dots.ts';
import type { Curve, Layout } from './layout.ts';
import { paintJourneys } from './paint-dots.ts';
import { paintOf } from './palette.ts';
import { dots, theme } from './settings.ts';
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
  for (const request of traffic.requests) journeys.add(request, now + Math.min(400, request.at - first));
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
  let drawn: Layout | undefined;
  let curves = new Map<string, Curve | undefined>();
  let ratio = 0;

  const draw = (now: number) => {
    frame = 0;
    const layout = layoutNow();
    if (layout !== drawn || ratio !== devicePixelRatio) {
      drawn = layout;
      ratio = devicePixelRatio;
      curves = new Map();
      canvas.width = layout.width * ratio;
      canvas.height = layout.height * ratio;
      canvas.style.width = `${layout.width}px`;
      canvas.style.height = `${layout.height}px`;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    const style = getComputedStyle(canvas);
    const more = journeys.expire(now);
    paintJourneys(
      context,
      journeys,
      now,
      {
        layout,
        paintOf: paintOf.value,
        radius: 8 * layout.zoom,
        font: `700 ${Math.round(15 * layout.zoom)}px ${style.fontFamily}`,
        background: style.getPropertyValue('--ground'),
        failure: style.getPropertyValue('--bad'),
        lost: words.value.lost,
      },
      curves,
    );
    if (more) wake();
  };
  wake = () => {
    frame ||= requestAnimationFrame(draw);
  };
  const stop = effect(() => {
    theme.value;
    if (dots.value === 'off') journeys.clear();
    wake();
  });
  return () => {
    stop();
    cancelAnimationFrame(frame);
    wake = () => {};
  };
}
