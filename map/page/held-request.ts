/** One request that is held: its way hop by hop, and why it went there. */
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import type { HopReason, HopView, LossView, RequestReasons, RequestView } from '../protocol.ts';
import { failureText, partyKey } from './dots.ts';
import { ask } from './server.ts';
import { held, lanes } from './state.ts';
import { ColorName } from './swatch.ts';
import { words } from './words.ts';
import { isWrongLane, wrongLaneSign } from './wrong-lane.ts';

export async function hold(request: RequestView): Promise<void> {
  held.value = { request };
  try {
    const reasons = await ask<RequestReasons>(`/reasons?id=${encodeURIComponent(request.id)}`);
    if (held.value?.request === request) held.value = { request: reasons.request, reasons };
  } catch (error) {
    if (held.value?.request === request) held.value = { request, problem: (error as Error).message };
  }
}

export function HeldRequest() {
  const heading = useRef<HTMLHeadingElement>(null);
  const id = held.value?.request.id;
  // Another request: readers of screens begin at its heading.
  useEffect(() => heading.current?.focus(), [id]);
  if (!held.value) return null;
  const { request, reasons, problem } = held.value;
  return html`
    <article class="held">
      <button type="button" class="back" onClick=${() => {
        held.value = null;
      }}>← ${words.value.back}</button>
      <h2 tabindex="-1" ref=${heading}>${words.value.why}: <${ColorName} color=${request.color} none=${words.value.noColor} /></h2>
      ${request.losses.map((loss) => html`<p class="bad">✗ ${lossWords(loss)}</p>`)}
      ${problem && html`<p class="bad">${problem}</p>`}
      ${reasons?.rulesChanged && html`<p class="warn">⚠ ${words.value.rulesChanged}</p>`}
      ${request.hops.map((hop, index) => html`<${HeldHop} hop=${hop} index=${index} reason=${reasons?.hops[index]} />`)}
    </article>`;
}

function HeldHop({ hop, index, reason }: { hop: HopView; index: number; reason: HopReason | undefined }) {
  const { fallback, wrongLane, nobody, ms, servedBy } = words.value;
  return html`
    <section class="hop">
      <h3>${index + 1}. ${words.value.proxyOf(partyKey(hop.from))}</h3>
      <p>${servedBy} <b>${hop.to?.version ? html`${hop.to.service} <${ColorName} color=${hop.to.version} none="" />` : nobody}</b>
        ${' '}<b class=${hop.failed ? 'bad' : ''}>${failureText(hop)}</b>
        <span class="quiet"> ${hop.durationMs} ${ms}${hop.attempts > 1 ? `, ${words.value.attempts(hop.attempts)}` : ''}</span>
        ${
          isWrongLane(hop, lanes.value.services)
            ? html`<br /><span class="bad">${wrongLaneSign} ${wrongLane}</span>`
            : hop.fallback && html`<br /><span class="fallback">↩ ${fallback}</span>`
        }</p>
      ${
        reason &&
        html`
        <code class="request-line">${reason.request}</code>
        <ol class="tried">${reason.tried.map(
          ({ name, place, matched, reason: why }) => html`
            <li class=${matched ? 'matched' : ''}>
              <span class="verdict" aria-hidden="true">${matched ? '✓' : '✗'}</span>
              <span><b>${name}</b> <span class="quiet">${place}</span><br />
              ${matched ? words.value.decides : why}</span>
            </li>`,
        )}</ol>
        ${reason.destinations.map(
          ({ cluster, percent }) =>
            html`<p class="destination">→ ${reason.destinations.length > 1 ? `${Math.round(percent * 10) / 10} % ` : ''}<code>${cluster}</code></p>`,
        )}
        <details><summary>${words.value.arrived}</summary>
          <table><tbody>${reason.headers.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>
        </details>`
      }
    </section>`;
}

function lossWords({ by, what, cameIn, wentOut }: LossView): string {
  const name = partyKey(by);
  if (what === 'request-id') return words.value.newId(name);
  if (what === 'dropped') return words.value.dropped(name, cameIn ?? '-');
  return words.value.changed(name, cameIn ?? '-', wentOut ?? '-');
}
