/** The mark of a colour beside its name. */
import { html } from 'htm/preact';
import { paintOf } from './palette.ts';
import { shapePath } from './shapes.ts';

export function Swatch({ color }: { color: string | undefined }) {
  const { ink, shape, hollow } = paintOf.value(color);
  return html`<svg class="symbol" viewBox="-8 -8 16 16" aria-hidden="true"><path d=${shapePath(shape, 0, 0, 5.5)} fill=${hollow ? 'none' : ink} stroke=${ink} stroke-width="2" /></svg>`;
}

/** `release-v1` with its mark; without a colour, a word for that. */
export function ColorName({ color, none }: { color: string | null | undefined; none: string }) {
  return html`<span class="color-name"><${Swatch} color=${color ?? undefined} />${color ?? html`<em>${none}</em>`}</span>`;
}
