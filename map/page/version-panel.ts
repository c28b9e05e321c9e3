/** One version: how it is, what is odd and what to do, what can be made of it. */
import { signal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import type { EdgeView, ServiceView, VersionView } from '../protocol.ts';
import { laneEdits } from './lane-edits.ts';
import { OverTime } from './over-time.ts';
import { computerWords, markWords, rateWords } from './picture.ts';
import { propose } from './plan.ts';
import { command } from './server.ts';
import { chosen, edges, lanes, rules } from './state.ts';
import { ColorName } from './swatch.ts';
import { words } from './words.ts';

export function VersionPanel() {
  const heading = useRef<HTMLHeadingElement>(null);
  // Another version: readers of screens begin at its heading.
  useEffect(() => heading.current?.focus(), [chosen.value]);
  const [serviceName, versionName] = chosen.value?.split('/') ?? [];
  const service = lanes.value.services.find(({ name }) => name === serviceName);
  const version = service?.versions.find(({ name }) => name === versionName);
  if (!service || !version) return null;
  const key = `${service.name}/${version.name}`;
  const mark = markWords(version);
  const { back, controls, controlTitle, callers, calls } = words.value;
  return html`
    <article class="version-panel">
      <button type="button" class="back" onClick=${() => {
        chosen.value = null;
      }}>← ${back}</button>
      <h2 tabindex="-1" ref=${heading}>${service.name} <${ColorName} color=${version.name} none="" /></h2>
      <p>${version.ready}/${version.total} ${words.value.ready}</p>
      ${version.computer && html`<p>💻 ${computerWords(version)}</p>`}
      ${mark && html`<p class="warn">⚠ ${mark}</p>`}
      ${version.marks.map(({ type }) => html`<p>${words.value.whatToDo(type, key)}</p>`)}
      ${
        version.controls.length > 0 &&
        html`<fieldset class="controls"><legend>${controlTitle}</legend>${version.controls.map(
          (control) => html`
            <button type="button" aria-pressed=${version.control === control}
              onClick=${() => command('/control', { service: service.name, version: version.name, control })}>${controls[control]}</button>`,
        )}</fieldset>`
      }
      <${Links} color=${version.name} />
      <${LaneRoutes} service=${service} version=${version} />
      <${EdgeTable} title=${callers} rows=${edges.value.filter(({ to }) => to === key)} name="from" />
      <${EdgeTable} title=${calls} rows=${edges.value.filter(({ from }) => from === key)} name="to" />
    </article>`;
}

/** The lane in a browser: by a host of its own, or by a cookie for all that follows. */
function Links({ color }: { color: string }) {
  const { gateway, links } = lanes.value;
  if (gateway === undefined || !links?.colors.includes(color)) return null;
  const { port, protocol } = new URL(gateway);
  const host = `${protocol}//${color}.${links.domain}${port ? `:${port}` : ''}/`;
  const cookie = new URL(`/.lane/${color}`, gateway).href;
  const { link, cookieLink, clearLink } = words.value;
  return html`
    <p>${link}: <a href=${host} target="_blank" rel="noreferrer">${host}</a></p>
    <p>${cookieLink}: <a href=${cookie} target="_blank" rel="noreferrer">${cookie}</a>${' '}
      (<a href=${new URL('/.lane/', gateway).href} target="_blank" rel="noreferrer">${clearLink}</a>)</p>`;
}

/** Switches the routes of the version's colour off and on, in all rules of its service at once. */
function LaneRoutes({ service, version }: { service: ServiceView; version: VersionView }) {
  if (version.name === service.baseline) return null;
  const tables = rules.value?.tables.filter((table) => table.service === service.name) ?? [];
  const { to, edits } = laneEdits(service.name, version.name, tables, lanes.value.header);
  if (edits.length === 0) return null;
  return html`<p><button type="button" onClick=${() => propose(edits)}>
    ${to === 'off' ? words.value.routeOff : words.value.routeOn}</button></p>`;
}

interface EdgeTableProps {
  title: string;
  rows: typeof edges.value;
  name: 'from' | 'to';
}

/** The edge whose lines are shown, `from > to`; none chosen: the busiest. */
const opened = signal('');

function EdgeTable({ title, rows, name }: EdgeTableProps) {
  const { ms, errors, shareTitle } = words.value;
  const keyOf = ({ from, to }: EdgeView) => `${from} > ${to}`;
  const [busiest] = rows.toSorted((a, b) => b.perSecond - a.perSecond);
  if (!busiest) return null;
  const isChosen = rows.some((row) => keyOf(row) === opened.value);
  const shown = isChosen ? opened.value : keyOf(busiest);
  return html`
    <table class="figures">
      <caption>${title}</caption>
      <thead><tr><td></td><th scope="col">${words.value.perSecond}</th><th scope="col">${shareTitle}</th><th scope="col">${errors}</th><th scope="col">p50 ${ms}</th><th scope="col">p95 ${ms}</th></tr></thead>
      <tbody>${rows.map(
        (edge) => html`<tr key=${keyOf(edge)}>
          <th scope="row"><button type="button" aria-pressed=${keyOf(edge) === shown} onClick=${() => {
            opened.value = keyOf(edge);
          }}>${edge[name]}</button></th>
          <td>${rateWords(edge.perSecond).replace(words.value.perSecond, '')}</td>
          <td>${Math.round(edge.share * 100)} %</td>
          <td class=${edge.errorShare > 0 ? 'bad' : ''}>${Math.round(edge.errorShare * 100)} %</td>
          <td>${edge.p50}</td><td>${edge.p95}</td></tr>`,
      )}</tbody>
    </table>
    <${OverTime} edge=${shown} />`;
}
