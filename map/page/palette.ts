/**
 * How a colour looks: an ink that colour-blind people tell from the others (Okabe and Ito), and a shape, so that no one
 * has to go by ink alone. The baseline and requests without colour are grey.
 */
import { computed } from '@preact/signals';
import { theme } from './settings.ts';
import { lanes } from './state.ts';

export type Shape = 'circle' | 'square' | 'triangle' | 'diamond' | 'hexagon' | 'star' | 'plus' | 'drop';

export interface Paint {
  ink: string;
  shape: Shape;
  /** No lane has this colour: only its outline is drawn. */
  hollow: boolean;
}

const inks = {
  light: ['#0072b2', '#d55e00', '#008a64', '#b0407f', '#9a6700', '#5b3fa8', '#00788a', '#7a3b1d'],
  dark: ['#56b4e9', '#ff8a3d', '#2fd6a3', '#f29ac6', '#f0c23e', '#b9a3ff', '#5fd4e6', '#e0a98a'],
};
const shapes: readonly Shape[] = [
  'square',
  'triangle',
  'diamond',
  'hexagon',
  'star',
  'plus',
  'drop',
  'circle',
];
const grey = { light: '#5c6675', dark: '#aab4c3' };

/** The paint of a colour; of one that no lane has, grey as the baseline, which serves it. */
export const paintOf = computed(() => {
  const colors = lanes.value.colors;
  const baselines = new Set(lanes.value.services.map(({ baseline }) => baseline));
  const mode = theme.value;
  const paints = new Map(
    colors.map((color, index): [string, Paint] => [
      color,
      {
        ink: inks[mode][index % inks[mode].length] as string,
        shape: shapes[index % shapes.length] as Shape,
        hollow: false,
      },
    ]),
  );
  const none: Paint = { ink: grey[mode], shape: 'circle', hollow: false };
  const unknown: Paint = { ...none, hollow: true };
  return (color = '-'): Paint => {
    const isNone = color === '' || color === '-' || baselines.has(color);
    return paints.get(color) ?? (isNone ? none : unknown);
  };
});
