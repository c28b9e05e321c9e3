/** The last requests, with their trail; a click holds one. */
import { html } from 'htm/preact';
import type { HopView, RequestView } from '../protocol.ts';
import { failureText, partyKey } from './dots.ts';
import { hold } from './held-request.ts';
import { locale } from './settings.ts';
import { filter, lanes, requests, shown, skipped } from './state.ts';
import { ColorName, Swatch } from './swatch.ts';
import { words } from './words.ts';
import { isWrongLane, wrongLaneSign } from './wrong-lane.ts';

/** More nobody reads; a filter finds the others. */
const maxRows = 40;

export function RequestList() {
  const { anyColor, anyVersion, noColor, onlyFailed, nothing } = words.value;
  const colors = [...new Set(requests.value.map(({ color }) => color ?? '-'))].sort();
  const versions = lanes.value.services.flatMap(({ name, versions }) =>
    versions.map((version) => `${name}/${version.name}`),
  );
  const change = (part: Partial<typeof filter.value>) => {
    filter.value = { ...filter.value, ...part };
  };
  return html`
    <div class="filters">
      <select aria-label=${anyColor} onChange=${(event: InputEvent) => change({ color: selectedOf(event) })}>
        <option value="">${anyColor}</option>
        ${colors.map((color) => html`<option value=${color} selected=${filter.value.color === color}>${color === '-' ? noColor : color}</option>`)}
      </select>
      <select aria-label=${anyVersion} onChange=${(event: InputEvent) => change({ version: selectedOf(event) })}>
        <option value="">${anyVersion}</option>
        ${versions.map((version) => html`<option selected=${filter.value.version === version}>${version}</option>`)}
      </select>
      <label><input type="checkbox" checked=${filter.value.failed}
        onChange=${(event: InputEvent) => change({ failed: (event.currentTarget as HTMLInputElement).checked })} />
        ${onlyFailed}</label>
    </div>
    ${
      shown.value.length === 0
        ? html`<p class="quiet">${nothing}</p>`
        : html`<ol class="requests">${shown.value.slice(0, maxRows).map((request) => html`<${Row} key=${request.id} request=${request} />`)}</ol>`
    }
    ${skipped.value > 0 && html`<p class="quiet">${words.value.skipped(skipped.value)}</p>`}`;
}

/** Of the row of a request, as an element. */
export const rowId = (request: string) => `request ${request}`;

function Row({ request }: { request: RequestView }) {
  const { hops, losses, at, color } = request;
  const first = hops[0];
  const isBad = losses.length > 0 || hops.some((hop) => hop.failed || isWrongLane(hop, lanes.value.services));
  const worst = hops.findLast(({ failed }) => failed) ?? first;
  return html`
    <li class=${isBad ? 'bad-row' : ''}>
      <button type="button" id=${rowId(request.id)} onClick=${() => hold(request)}>
        <span class="asked"><${ColorName} color=${color} none=${words.value.noColor} /></span>
        <span class="trail"><${Trail} request=${request} /></span>
        <span class="outcome">
          <b class=${worst?.failed ? 'bad' : ''}>${worst && failureText(worst)}</b>
          ${losses.length > 0 && html` <b class="bad">${words.value.lost}</b>`}
          <span class="quiet"> ${first?.durationMs} ${words.value.ms} · ${new Date(at).toLocaleTimeString(locale())}</span>
        </span>
      </button>
    </li>`;
}

/** More hops than these are told in short: `v1 ×3`. */
const wholeHops = 4;

function Trail({ request: { hops } }: { request: RequestView }) {
  return runsOf(hops).map(({ hop, count }, index) => {
    const { from, to, fallback, failed } = hop;
    const arrow = index > 0 ? ' → ' : '';
    if (!to?.version) {
      return failed
        ? html`${arrow}<span class="bad">${to?.service ?? words.value.nobody} ✗</span>`
        : html`${arrow}<em>${words.value.proxyAnswers(partyKey(from))}</em>`;
    }
    return html`${arrow}<span class=${failed ? 'bad' : ''}><${Swatch} color=${to.version} />${to.version}</span>${
      isWrongLane(hop, lanes.value.services)
        ? html`<span title=${words.value.wrongLane} class="bad"> ${wrongLaneSign}</span>`
        : fallback && html`<span title=${words.value.fallback} class="fallback"> ↩</span>`
    }${count > 1 && html` <span class="quiet">×${count}</span>`}`;
  });
}

/** Hops in a row that were served alike are one, where there are many. */
function runsOf(hops: readonly HopView[]): { hop: HopView; count: number }[] {
  const runs: { hop: HopView; count: number }[] = [];
  for (const hop of hops) {
    const last = runs.at(-1);
    const isAlike =
      hops.length > wholeHops &&
      last?.hop.to?.version !== undefined &&
      last.hop.to.version === hop.to?.version &&
      last.hop.failed === hop.failed &&
      last.hop.fallback === hop.fallback;
    if (isAlike) last.count++;
    else runs.push({ hop, count: 1 });
  }
  return runs;
}

function selectedOf(event: InputEvent): string {
  return (event.currentTarget as HTMLSelectElement).value;
}
