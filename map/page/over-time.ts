/** An edge in the last minutes, as lines: requests a second, share of errors, p50 and p95. */
import { effect } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import type UPlot from 'uplot';
import type { Past } from './history.ts';
import { theme } from './settings.ts';
import { edges, history } from './state.ts';
import { words } from './words.ts';

interface Chart {
  title: string;
  /** Names and inks of its lines, and their figures. */
  lines: readonly {
    name: string;
    ink: string;
    dash?: number[];
    of: (past: Past) => readonly (number | null)[];
  }[];
}

const heightPx = 92;

/** @param edge `from > to` */
export function OverTime({ edge }: { edge: string }) {
  const place = useRef<HTMLDivElement>(null);
  // Another language, theme or edge: other words, inks, figures.
  const { perSecondTitle, errorsTitle, ms, overTime } = words.value;
  const mode = theme.value;
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const charts: Chart[] = [
      { title: perSecondTitle, lines: [{ name: '', ink: '--accent', of: ({ perSecond }) => perSecond }] },
      {
        title: errorsTitle,
        lines: [
          { name: '', ink: '--bad', of: (past) => past.errorShare.map((share) => share && share * 100) },
        ],
      },
      {
        title: ms,
        lines: [
          { name: 'p50', ink: '--accent', of: ({ p50 }) => p50 },
          { name: 'p95', ink: '--warn', dash: [5, 3], of: ({ p95 }) => p95 },
        ],
      },
    ];
    return draw(element, charts, edge);
  }, [edge, mode, words.value]);
  return html`<div class="over-time" role="img" aria-label=${overTime(edge)} ref=${place}></div>`;
}

/** Loads what draws the lines when the first are looked at. @returns ends it */
function draw(element: HTMLElement, charts: readonly Chart[], edge: string): () => void {
  let stop = () => {};
  let isOver = false;
  void import('uplot').then(({ default: Plot }) => {
    if (isOver) return;
    const dataOf = ({ lines }: Chart) => {
      const past = history.of(edge);
      return [past.at, ...lines.map(({ of }) => of(past))] as UPlot.AlignedData;
    };
    const plots = charts.map((chart) => ({
      chart,
      plot: new Plot(optionsOf(chart, element), dataOf(chart), element),
    }));
    const stopUpdates = effect(() => {
      edges.value;
      for (const { chart, plot } of plots) plot.setData(dataOf(chart));
    });
    stop = () => {
      stopUpdates();
      for (const { plot } of plots) plot.destroy();
    };
  });
  return () => {
    isOver = true;
    stop();
  };
}

function optionsOf({ title, lines }: Chart, element: HTMLElement): UPlot.Options {
  const style = getComputedStyle(element);
  const ink = (name: string) => style.getPropertyValue(name);
  const axis = {
    stroke: ink('--quiet'),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: ink('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    title: lines.length > 1 ? `${title}: ${lines.map(({ name }) => name).join(' —, ')} - -` : title,
    width: element.clientWidth,
    height: heightPx,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      {
        ...axis,
        size: 22,
        space: 70,
        values: [[1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 0]],
      },
      { ...axis, size: 46, space: 24 },
    ],
    series: [
      {},
      ...lines.map(({ name, ink: color, dash }) => ({
        label: name,
        stroke: ink(color),
        width: 2,
        points: { show: false },
        ...(dash && { dash }),
      })),
    ],
  };
}
