/** The edges that somebody uses, with their figures. */
import { html } from 'htm/preact';
import type { EdgeView } from '../protocol.ts';
import { partyKey } from './dots.ts';
import { curveOf, curvePath, type Layout, pointOn } from './layout.ts';
import { paintOf } from './palette.ts';
import { rateWords } from './picture.ts';
import { streams } from './run-dots.ts';
import { presenting } from './settings.ts';
import { chosen, edges, held } from './state.ts';
import { words } from './words.ts';

/** With more edges than these, figures stand only at those of the version that is looked at. */
const maxLabels = 14;
const labelAt = 0.56;

export function EdgeLines({ layout }: { layout: Layout }) {
  const lit = litEdges();
  const all = edges.value.filter(({ from, to }) => layout.boxes.has(from) && layout.boxes.has(to));
  const few = all.length <= maxLabels && layout.width >= 560;
  return html`
    <svg class="edges" width=${layout.width} height=${layout.height} aria-hidden="true">
      ${all.map((edge) => html`<${EdgeLine} key=${`${edge.from} > ${edge.to}`} edge=${edge} layout=${layout} dim=${lit !== undefined && !lit.has(`${edge.from} > ${edge.to}`)} />`)}
      ${[...(lit ?? [])].map((key) => html`<${LitLine} key=${`lit ${key}`} edge=${key} layout=${layout} />`)}
      ${all.map((edge) => {
        const isLooked = chosen.value === edge.from || chosen.value === edge.to;
        return (
          (few || isLooked) &&
          html`<${EdgeLabel} key=${`label ${edge.from} > ${edge.to}`} edge=${edge} layout=${layout} />`
        );
      })}
    </svg>`;
}

/** The path of the request that is held; undefined where none is. */
function litEdges(): Set<string> | undefined {
  const hops = held.value?.request.hops;
  if (!hops) return undefined;
  return new Set(
    hops.flatMap(({ from, to }) => (to?.version ? [`${partyKey(from)} > ${partyKey(to)}`] : [])),
  );
}

function EdgeLine({ edge, layout, dim }: { edge: EdgeView; layout: Layout; dim: boolean }) {
  const curve = curveOf(layout, edge.from, edge.to);
  if (!curve) return null;
  const { ink } = paintOf.value(streams.color(edge.from, edge.to));
  const width = 2 + 2.2 * Math.log2(1 + edge.perSecond);
  return html`<path class=${dim ? 'edge dim' : 'edge'} d=${curvePath(curve)} stroke=${ink} stroke-width=${width} />`;
}

function LitLine({ edge, layout }: { edge: string; layout: Layout }) {
  const [from = '', to = ''] = edge.split(' > ');
  const curve = curveOf(layout, from, to);
  return curve && html`<path class="edge lit" d=${curvePath(curve)} />`;
}

function EdgeLabel({ edge, layout }: { edge: EdgeView; layout: Layout }) {
  const curve = curveOf(layout, edge.from, edge.to);
  if (!curve) return null;
  const { x, y } = pointOn(curve, labelAt);
  const step = presenting.value === 'on' ? 22 : 14;
  const share = edge.share < 0.995 ? ` · ${Math.round(edge.share * 100)} %` : '';
  return html`
    <text class="edge-label" x=${x} y=${y - 4}>
      ${rateWords(edge.perSecond)}${share}
      ${edge.errorShare > 0 && html`<tspan class="bad"> ✗ ${Math.max(1, Math.round(edge.errorShare * 100))} %</tspan>`}
      <tspan x=${x} dy=${step} class="quiet">${milliseconds(edge.p50)} / ${milliseconds(edge.p95)} ${words.value.ms}</tspan>
    </text>`;
}

function milliseconds(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}
