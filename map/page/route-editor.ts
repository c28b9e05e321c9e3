/** Changes one route: who serves it by which share, a fault, a copy to another version, or its end. */
import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import type { RouteEdit, RouteTableView, RouteView } from '../protocol.ts';
import { propose } from './plan.ts';
import { balanced } from './shares.ts';
import { words } from './words.ts';

/** What an edit says beside which route it is about. */
type Change = RouteEdit extends infer One
  ? One extends RouteEdit
    ? Omit<One, 'rule' | 'route'>
    : never
  : never;

export function RouteEditor({ table, route }: { table: RouteTableView; route: RouteView }) {
  const send = (change: Change) =>
    propose([{ rule: table.rule, route: route.index, ...change } as RouteEdit]);
  return html`
    <div class="editor">
      <${Shares} table=${table} route=${route} send=${send} />
      <${Fault} route=${route} send=${send} />
      <${Mirror} table=${table} route=${route} send=${send} />
      <button type="button" onClick=${() => send({ type: 'remove' })}>${words.value.removeRoute}</button>
    </div>`;
}

/** What a person sets, at first as the rules say it; again so where they say something else. */
function useDraft<Value>(said: Value) {
  const draft = useSignal(said);
  useEffect(() => {
    draft.value = said;
  }, [JSON.stringify(said)]);
  return draft;
}

interface PartProps {
  table: RouteTableView;
  route: RouteView;
  send: (change: Change) => void;
}

/** A slider for each version; their sum is 100. */
function Shares({ table, route, send }: PartProps) {
  const now = route.destinations.map(({ subset, weight }) => [subset ?? '', weight] as const);
  // Those that the route does not lead to are there to take what the others lose.
  const none = table.subsets.map((subset) => [subset, 0] as const);
  const shares = useDraft<Readonly<Record<string, number>>>(Object.fromEntries([...none, ...now]));
  const wanted = table.subsets
    .map((subset) => ({ subset, weight: shares.value[subset] ?? 0 }))
    .filter(({ weight }) => weight > 0);
  return html`
    <fieldset>
      <legend>${words.value.servedBy}</legend>
      ${table.subsets.map(
        (subset) => html`
          <label class="share">${subset}
            <input type="range" min="0" max="100" value=${shares.value[subset] ?? 0} onInput=${(
              event: InputEvent,
            ) => {
              shares.value = balanced(
                shares.value,
                subset,
                Number((event.currentTarget as HTMLInputElement).value),
              );
            }} />
            <output>${shares.value[subset] ?? 0} %</output>
          </label>`,
      )}
      <button type="button" disabled=${wanted.length === 0} onClick=${() => send({ type: 'destinations', destinations: wanted })}>
        ${words.value.show}
      </button>
    </fieldset>`;
}

function Fault({ route, send }: Omit<PartProps, 'table'>) {
  const delay = useDraft(String(route.fault?.delayMs ?? 2_000));
  const status = useDraft(String(route.fault?.abortStatus ?? ''));
  const percent = useDraft(String(route.fault?.percent ?? 100));
  const { fault, delayMs, abortStatus, percentOf, show, noFault } = words.value;
  const number = (text: string) => (text.trim() === '' ? undefined : Number(text));
  return html`
    <fieldset>
      <legend>${fault}</legend>
      <label>${delayMs} <input type="number" min="0" max="60000" ...${field(delay)} /></label>
      <label>${abortStatus} <input type="number" min="200" max="599" ...${field(status)} /></label>
      <label>${percentOf} <input type="number" min="0" max="100" ...${field(percent)} /></label>
      <button type="button" onClick=${() => {
        const [late, answer] = [number(delay.value) || undefined, number(status.value)];
        send({ type: 'fault', delayMs: late, abortStatus: answer, percent: number(percent.value) ?? 100 });
      }}>${show}</button>
      ${route.fault && html`<button type="button" onClick=${() => send({ type: 'no-fault' })}>${noFault}</button>`}
    </fieldset>`;
}

function Mirror({ table, route, send }: PartProps) {
  const subset = useDraft(route.mirror?.subset ?? table.subsets[0] ?? '');
  const percent = useDraft(String(route.mirror?.percent ?? 100));
  const { mirror, percentOf, show, noMirror } = words.value;
  return html`
    <fieldset>
      <legend>${mirror}</legend>
      <select aria-label=${mirror} onChange=${(event: InputEvent) => {
        subset.value = (event.currentTarget as HTMLSelectElement).value;
      }}>${table.subsets.map((one) => html`<option selected=${one === subset.value}>${one}</option>`)}</select>
      <label>${percentOf} <input type="number" min="0" max="100" ...${field(percent)} /></label>
      <button type="button" onClick=${() => send({ type: 'mirror', subset: subset.value, percent: Number(percent.value) })}>${show}</button>
      ${route.mirror && html`<button type="button" onClick=${() => send({ type: 'no-mirror' })}>${noMirror}</button>`}
    </fieldset>`;
}

function field(signal: { value: string }) {
  return {
    value: signal.value,
    onInput: (event: InputEvent) => {
      signal.value = (event.currentTarget as HTMLInputElement).value;
    },
  };
}
