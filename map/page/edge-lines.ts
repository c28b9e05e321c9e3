/** The edges that somebody uses, with their figures. */
import { html } from 'htm/preact';
import type { EdgeView } from '../protocol.ts';
import { type Curve, curveOf, curvePath } from './curves.ts';
import { partyKey } from './dots.ts';
import type { Layout } from './layout.ts';
import { paintOf } from './palette.ts';
import { rateWords } from './picture.ts';
import { type Label, placeLabels } from './place-labels.ts';
import { streams } from './run-dots.ts';
import { chosen, edges, held } from './state.ts';
import { words } from './words.ts';

/** With more edges than these, or little room, figures stand only at those of the version that is looked at. */
const maxLabels = 24;
/** Of the words beside an edge, at zoom 1. */
const labelSize = { width: 104, height: 34 };

export function EdgeLines({ layout }: { layout: Layout }) {
  const lit = litEdges();
  const drawn = edges.value.flatMap((edge) => {
    const curve = curveOf(layout, edge.from, edge.to);
    return curve ? [{ edge, curve, key: `${edge.from} > ${edge.to}` }] : [];
  });
  const labelled = withWords(drawn, layout);
  const size = { width: labelSize.width * layout.zoom, height: labelSize.height * layout.zoom };
  const places = placeLabels(
    labelled.map(({ curve }) => curve),
    size,
  );
  return html`
    <svg class="edges" width=${layout.width} height=${layout.height} aria-hidden="true">
      ${drawn.map(
        ({ edge, curve, key }) =>
          html`<${EdgeLine} key=${key} edge=${edge} curve=${curve} dim=${lit !== undefined && !lit.has(key)} />`,
      )}
      ${[...(lit ?? [])].map((key) => html`<${LitLine} key=${`lit ${key}`} edge=${key} layout=${layout} />`)}
      ${labelled.map(({ edge, key }, index) => {
        const place = places[index];
        return (
          place &&
          html`<${EdgeLabel} key=${`label ${key}`} edge=${edge} place=${place} zoom=${layout.zoom} />`
        );
      })}
    </svg>`;
}

interface Drawn {
  edge: EdgeView;
  curve: Curve;
  key: string;
}

/** Those with words beside them, the busiest first. */
function withWords(drawn: readonly Drawn[], { width, isCompact }: Layout): Drawn[] {
  const isCrowded = isCompact || drawn.length > maxLabels || width < 560;
  return drawn
    .filter(({ edge }) => !isCrowded || chosen.value === edge.from || chosen.value === edge.to)
    .sort((a, b) => b.edge.perSecond - a.edge.perSecond);
}

/** The path of the request that is held; undefined where none is. */
function litEdges(): Set<string> | undefined {
  const hops = held.value?.request.hops;
  if (!hops) return undefined;
  return new Set(
    hops.flatMap(({ from, to }) => (to?.version ? [`${partyKey(from)} > ${partyKey(to)}`] : [])),
  );
}

function EdgeLine({ edge, curve, dim }: { edge: EdgeView; curve: Curve; dim: boolean }) {
  const { ink } = paintOf.value(streams.color(edge.from, edge.to));
  const width = 2 + 2.2 * Math.log2(1 + edge.perSecond);
  return html`<path class=${dim ? 'edge dim' : 'edge'} d=${curvePath(curve)} stroke=${ink} stroke-width=${width} />`;
}

function LitLine({ edge, layout }: { edge: string; layout: Layout }) {
  const [from = '', to = ''] = edge.split(' > ');
  const curve = curveOf(layout, from, to);
  return curve && html`<path class="edge lit" d=${curvePath(curve)} />`;
}

function EdgeLabel({ edge, place: { x, y }, zoom }: { edge: EdgeView; place: Label; zoom: number }) {
  const share = edge.share < 0.995 ? ` · ${Math.round(edge.share * 100)} %` : '';
  return html`
    <text class="edge-label" x=${x} y=${y - 4 * zoom}>
      ${rateWords(edge.perSecond)}${share}
      ${edge.errorShare > 0 && html`<tspan class="bad"> ✗ ${Math.max(1, Math.round(edge.errorShare * 100))} %</tspan>`}
      <tspan x=${x} dy=${14 * zoom} class="quiet">${milliseconds(edge.p50)} / ${milliseconds(edge.p95)} ${words.value.ms}</tspan>
    </text>`;
}

function milliseconds(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}
