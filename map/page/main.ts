/** The page: the picture, what is sent, and beside them the requests and the rules. */
import { computed, effect, signal } from '@preact/signals';
import { html } from 'htm/preact';
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { HeldRequest } from './held-request.ts';
import { Legend } from './legend.ts';
import { boxId, Picture } from './picture.ts';
import { PlanDialog } from './plan.ts';
import { RequestList, rowId } from './request-list.ts';
import { RulesPanel } from './rules-panel.ts';
import { showTraffic } from './run-dots.ts';
import { SendPanel } from './send-panel.ts';
import { listen } from './server.ts';
import { dots, language, presenting, theme } from './settings.ts';
import { chosen, held, lanes, link, notice, rules } from './state.ts';
import { VersionPanel } from './version-panel.ts';
import { words } from './words.ts';

const tab = signal<'requests' | 'rules'>('requests');

function Page() {
  return html`
    <${Header} />
    ${notice.value !== null && html`<${Notice} />`}
    <main class=${held.value || chosen.value !== null ? 'detailed' : ''}>
      <div class="left">
        <${Picture} />
        <${Legend} />
        <${SendPanel} />
      </div>
      <aside><${Aside} /></aside>
    </main>
    <${PlanDialog} />`;
}

/** What is looked at, by the id of the element that opened it. */
const openedBy = computed(() =>
  held.value ? rowId(held.value.request.id) : chosen.value === null ? null : boxId(chosen.value),
);

function Aside() {
  const before = useRef<string | null>(null);
  useEffect(() => {
    const opener = openedBy.value === null && before.current !== null ? before.current : null;
    before.current = openedBy.value;
    // Where the focus was in what is closed now, it goes back.
    if (opener !== null && document.activeElement === document.body) document.getElementById(opener)?.focus();
  }, [openedBy.value]);
  if (held.value) return html`<${HeldRequest} />`;
  return chosen.value === null ? html`<${Tabs} />` : html`<${VersionPanel} />`;
}

function Header() {
  const { title, localMesh, up, down, shutOut, crowded } = words.value;
  const { silence } = lanes.value;
  const mesh = lanes.value.mesh ?? localMesh;
  const now = link.value === 'up' && silence !== undefined ? 'down' : link.value;
  const state = { up, down, 'shut-out': shutOut, crowded }[now];
  return html`
    <header>
      <h1>${title}</h1>
      <span class="mesh">${mesh}</span>
      <span class=${`link ${now}`} role="status" title=${silence}>${state}</span>
      <span class="spring"></span>
      <${Toggle} setting=${dots} on="on" off="off" label=${words.value.dots} />
      <${Toggle} setting=${presenting} on="on" off="off" label=${words.value.present} />
      <button type="button" onClick=${() => {
        theme.value = theme.value === 'dark' ? 'light' : 'dark';
      }}>${theme.value === 'dark' ? words.value.light : words.value.dark}</button>
      <button type="button" lang=${language.value === 'zh' ? 'en' : 'zh'} onClick=${() => {
        language.value = language.value === 'zh' ? 'en' : 'zh';
      }}>${words.value.language}</button>
    </header>`;
}

interface ToggleProps<Value> {
  setting: { value: Value };
  on: Value;
  off: Value;
  label: string;
}

function Toggle<Value>({ setting, on, off, label }: ToggleProps<Value>) {
  const isOn = setting.value === on;
  return html`<button type="button" aria-pressed=${isOn} onClick=${() => {
    setting.value = isOn ? off : on;
  }}>${label}</button>`;
}

function Notice() {
  return html`<p class="notice" role="alert">${notice.value}
    <button type="button" onClick=${() => {
      notice.value = null;
    }}>${words.value.close}</button></p>`;
}

function Tabs() {
  const count = (rules.value?.remarks.length ?? 0) + (rules.value?.problems.length ?? 0);
  return html`
    <div class="tabs">
      ${(['requests', 'rules'] as const).map(
        (name) => html`
          <button type="button" aria-pressed=${tab.value === name} onClick=${() => {
            tab.value = name;
          }}>${words.value[name]}${name === 'rules' && count > 0 ? html` <span class="warn">⚠ ${count}</span>` : ''}</button>`,
      )}
    </div>
    ${tab.value === 'requests' ? html`<${RequestList} />` : html`<${RulesPanel} />`}`;
}

document.addEventListener('keydown', ({ key }) => {
  // In a dialog it closes that alone.
  if (key !== 'Escape' || document.querySelector('dialog[open]')) return;
  held.value = null;
  chosen.value = null;
});

effect(() => {
  document.title = words.value.title;
});
render(html`<${Page} />`, document.body);
listen(showTraffic);
// The token has been used.
history.replaceState(null, '', '/');
