/** A change before it is made: its difference, what it would be warned of, and a button that makes it. */
import { signal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import type { DiffLine, Edit, Plan } from '../protocol.ts';
import { ask, command } from './server.ts';
import { notice, rules } from './state.ts';
import { words } from './words.ts';

const plan = signal<Plan | null>(null);

/** Asks what these changes would do, and shows it. */
export async function propose(edits: readonly Edit[]): Promise<void> {
  try {
    plan.value = await ask<Plan>('/plan', { edits });
    notice.value = null;
  } catch (error) {
    notice.value = (error as Error).message;
  }
}

export function PlanDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = plan.value !== null;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const { change, apply, cancel, remarks } = words.value;
  return html`
    <dialog ref=${dialog} aria-label=${change} onClose=${() => {
      plan.value = null;
    }}>
      ${
        plan.value &&
        html`
        <h2>${change}</h2>
        ${plan.value.command && html`<p><code>${plan.value.command}</code></p>`}
        ${plan.value.parts.map(({ target, diff }) => html`<${Difference} target=${target} diff=${diff} />`)}
        ${
          plan.value.remarks.length > 0 &&
          html`<h3 class="warn">⚠ ${remarks}</h3><ul class="remarks">${plan.value.remarks.map((line) => html`<li>${line}</li>`)}</ul>`
        }
        <div class="row">
          <button type="button" class="primary" onClick=${async () => {
            const { id } = plan.value ?? { id: '' };
            plan.value = null;
            await command('/apply', { plan: id });
          }}>${apply}</button>
          <button type="button" onClick=${() => {
            plan.value = null;
          }}>${cancel}</button>
        </div>`
      }
    </dialog>`;
}

const signs = { same: ' ', removed: '−', added: '+' } as const;

function Difference({ target, diff }: { target: string; diff: readonly DiffLine[] }) {
  return html`
    <h3>${target}</h3>
    <pre class="diff" tabindex="0">${diff.map(
      ({ type, line, text }) =>
        html`<span class=${type}>${String(line).padStart(4)} ${signs[type]} ${text}\n</span>`,
    )}</pre>`;
}

const isUndoing = signal(false);

/** Takes the last change back. */
export function UndoButton() {
  const undo = rules.value?.undo;
  return (
    undo !== undefined &&
    html`<button type="button" disabled=${isUndoing.value} onClick=${async () => {
      isUndoing.value = true;
      await command('/undo', { change: undo.id });
      isUndoing.value = false;
    }}>↶ ${words.value.undo} (${undo.what})</button>`
  );
}
