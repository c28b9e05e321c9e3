/** The rules in force: for each service the routes in the order in which they are tried. */
import { signal } from '@preact/signals';
import { html } from 'htm/preact';
import type { RouteTableView, RouteView } from '../protocol.ts';
import { matchesWords } from './condition-words.ts';
import { propose, UndoButton } from './plan.ts';
import { RouteEditor } from './route-editor.ts';
import { rules } from './state.ts';
import { ColorName } from './swatch.ts';
import { words } from './words.ts';

export function RulesPanel() {
  if (!rules.value) return null;
  const { tables, remarks, problems } = rules.value;
  return html`
    <${UndoButton} />
    ${
      problems.length > 0 &&
      html`<div class="problem" role="alert"><p>${words.value.problems}</p><ul>${problems.map((line) => html`<li>${line}</li>`)}</ul></div>`
    }
    ${tables.map((table) => html`<${RouteTable} key=${`${table.service} ${table.rule}`} table=${table} />`)}
    ${
      remarks.length > 0 &&
      html`<section><h3>${words.value.remarks}</h3><ul class="remarks">${remarks.map((line) => html`<li>${line}</li>`)}</ul></section>`
    }`;
}

function RouteTable({ table }: { table: RouteTableView }) {
  return html`
    <section class="table">
      <h3>${table.service} <span class="quiet">${words.value.at} ${table.at.join(', ')}</span></h3>
      <p class="quiet">${table.rule} · ${table.place}</p>
      ${table.breaking && html`<${Breaking} ...${table.breaking} />`}
      <ol>${table.routes.map((route) => html`<${Route} key=${route.index} table=${table} route=${route} />`)}</ol>
    </section>`;
}

/** Circuit breaking of the callers of a service, on or off. */
function Breaking({ rule, on }: NonNullable<RouteTableView['breaking']>) {
  return html`
    <p><button type="button" aria-pressed=${on} title=${rule}
      onClick=${() => propose([{ rule, type: 'circuit-breaking', on: !on }])}>${words.value.breaking}</button></p>`;
}

/** The route that is being edited. */
const edited = signal('');

function Route({ table, route }: { table: RouteTableView; route: RouteView }) {
  const { destinations, answer, fault, mirror } = route;
  const key = `${table.rule} ${route.index}`;
  const isEdited = edited.value === key;
  return html`
    <li>
      <span class="match">${
        route.color
          ? html`<${ColorName} color=${route.color} none="" />`
          : route.matches.length === 0
            ? words.value.everyRequest
            : matchesWords(route.matches)
      }</span>
      <span class="to">→ ${
        answer ??
        destinations.map(
          ({ host, subset, weight }, index) =>
            html`${index > 0 ? ', ' : ''}${destinations.length > 1 ? `${words.value.share(weight)} ` : ''}${
              subset ? html`<${ColorName} color=${subset} none="" />` : host
            }`,
        )
      }</span>
      ${fault && html`<span class="warn">⚠ ${words.value.faultWords(fault.delayMs, fault.abortStatus, fault.percent)}</span>`}
      ${mirror && html`<span class="quiet">${words.value.mirrorWords(mirror.subset, mirror.percent)}</span>`}
      <span class="quiet place">${route.place}</span>
      ${
        answer === undefined &&
        html`<button type="button" aria-expanded=${isEdited} aria-label=${words.value.editOf(route.name ?? route.place)}
          onClick=${() => {
            edited.value = isEdited ? '' : key;
          }}>${words.value.edit}</button>`
      }
      ${isEdited && html`<${RouteEditor} key=${key} table=${table} route=${route} />`}
    </li>`;
}
