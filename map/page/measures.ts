/** How large everything in the picture is at zoom 1, in pixels. */
import type { Measures } from './layout.ts';

/** For a screen. */
export const usual: Measures = {
  ...{ boxWidth: 164, boxHeight: 56, rowGap: 16, titleHeight: 34, columnGap: 156 },
  ...{ bandGap: 18, turn: 34, margin: 14, isCompact: false },
};
/** For many services and versions: a line for each version. */
export const compact: Measures = {
  ...{ boxWidth: 158, boxHeight: 28, rowGap: 9, titleHeight: 26, columnGap: 78 },
  ...{ bandGap: 14, turn: 34, margin: 10, isCompact: true },
};
/** For a phone. */
export const narrow: Measures = {
  ...{ boxWidth: 116, boxHeight: 52, rowGap: 12, titleHeight: 30, columnGap: 50 },
  ...{ bandGap: 10, turn: 22, margin: 3, isCompact: false },
};
