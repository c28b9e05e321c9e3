/** Sends requests: the five that show everything, one in a colour, or a mix at a rate. */
import { signal } from '@preact/signals';
import { html } from 'htm/preact';
import { clearDots } from './run-dots.ts';
import { command } from './server.ts';
import { chosen, forgetRequests, held, lanes, sending } from './state.ts';
import { ColorName } from './swatch.ts';
import { words } from './words.ts';

const method = signal('GET');
const path = signal('/');
const rate = signal(5);
const atOnce = signal(10);
const own = signal('Release_V1');
/** Weights by colour; `-`: none. */
const weights = signal<Readonly<Record<string, number>>>({});

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** How long one request may take at most, with what comes before and after it. */
const requestMs = 35_000;

const send = (colors: readonly (string | null)[]) =>
  command('/send', { colors, method: method.value, path: path.value || '/' }, colors.length * requestMs);

export function SendPanel() {
  const telling = lanes.value.telling;
  const { five, fiveHint, sendOne, noColor, ownColor } = words.value;
  return html`
    <section class="send" aria-label=${words.value.send}>
      <div class="row">
        <button type="button" class="primary" title=${fiveHint} onClick=${() => send(telling)}>${five}</button>
        ${telling.map(
          (color) => html`
            <button type="button" class="chip" aria-label=${sendOne(color ?? noColor)} onClick=${() => send([color])}>
              <${ColorName} color=${color} none=${noColor} />
            </button>`,
        )}
        <form class="own" onSubmit=${(event: SubmitEvent) => {
          event.preventDefault();
          void send([own.value]);
        }}>
          <input aria-label=${ownColor} value=${own.value} size="12"
            onInput=${(event: InputEvent) => {
              own.value = textOf(event);
            }} />
          <button type="submit">${words.value.send}</button>
        </form>
        <label>${words.value.method}
          <select onChange=${(event: InputEvent) => {
            method.value = textOf(event);
          }}>
            ${methods.map((one) => html`<option selected=${one === method.value}>${one}</option>`)}
          </select>
        </label>
        <label>${words.value.path}
          <input value=${path.value} size="10" onInput=${(event: InputEvent) => {
            path.value = textOf(event);
          }} />
        </label>
      </div>
      <${Stream} telling=${telling} />
    </section>`;
}

function Stream({ telling }: { telling: readonly (string | null)[] }) {
  const isOn = sending.value !== null && sending.value.rate > 0;
  const update = () => isOn && start(telling);
  return html`
    <div class="row stream">
      <button type="button" aria-pressed=${isOn} onClick=${() => (isOn ? command('/sending', null) : start(telling))}>
        ${isOn ? words.value.pause : words.value.start}
      </button>
      <label class="rate">
        <input type="range" min="0" max="100" value=${rate.value} onInput=${(event: InputEvent) => {
          rate.value = Number(textOf(event));
        }} onChange=${update} />
        <output>${rate.value}</output> ${words.value.rate}
      </label>
      <label>${words.value.atOnce}
        <input type="number" min="1" max="50" value=${atOnce.value} onChange=${(event: InputEvent) => {
          atOnce.value = Math.min(50, Math.max(1, Math.round(Number(textOf(event))) || 1));
          update();
        }} />
      </label>
      <button type="button" onClick=${clear}>${words.value.clear}</button>
      <details class="mix">
        <summary>${words.value.mix}</summary>
        ${telling.map((color) => {
          const name = color ?? words.value.noColor;
          return html`
            <label title=${words.value.weight(name)}>
              <${ColorName} color=${color} none=${words.value.noColor} />
              <input type="number" min="0" max="100" aria-label=${words.value.weight(name)} value=${weightOf(color)}
                onChange=${(event: InputEvent) => {
                  weights.value = {
                    ...weights.value,
                    [color ?? '-']: Math.max(0, Number(textOf(event)) || 0),
                  };
                  update();
                }} />
            </label>`;
        })}
      </details>
    </div>`;
}

function weightOf(color: string | null): number {
  return weights.value[color ?? '-'] ?? 1;
}

function start(telling: readonly (string | null)[]): Promise<boolean> {
  return command('/sending', {
    rate: rate.value,
    concurrency: atOnce.value,
    method: method.value,
    path: path.value || '/',
    colors: telling.map((color) => ({ color, weight: weightOf(color) })),
  });
}

function clear(): void {
  forgetRequests();
  held.value = null;
  chosen.value = null;
  clearDots();
}

function textOf(event: InputEvent): string {
  return (event.currentTarget as HTMLInputElement).value;
}
