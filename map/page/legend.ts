/** What the figures and signs of the picture mean, for those who see it for the first time. */
import { html } from 'htm/preact';
import { edges, requests } from './state.ts';
import { Swatch } from './swatch.ts';
import { words } from './words.ts';
import { wrongLaneSign } from './wrong-lane.ts';

/** Of no version. */
const nobodys = 'colour of nobody';

export function Legend() {
  const { legend, perSecond, ms, noTraffic } = words.value;
  if (requests.value.length === 0 && edges.value.length === 0)
    return html`<p class="legend">${noTraffic}</p>`;
  return html`
    <p class="legend">
      <span><b>12${perSecond} · 60 %</b> ${legend.rate}</span>
      <span><b>3 / 12 ${ms}</b> ${legend.times}</span>
      <span><b>↩</b> ${legend.fallback}</span>
      <span><b class="bad">${wrongLaneSign}</b> ${legend.wrongLane}</span>
      <span><b class="bad">✗</b> ${legend.failed}</span>
      <span><${Swatch} color=${nobodys} /> ${legend.unknown}</span>
    </p>`;
}
