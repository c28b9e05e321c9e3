import { noColor } from '../../carry/color.ts';

/** What became of a colour at one hop. */
export type HopOutcome = 'match' | 'fallback' | 'baseline';

/** `match`: served by the version asked for; `fallback`: by another; `baseline`: no version was asked for. */
export function hopOutcome(color: string, version: string): HopOutcome {
  if (color === noColor) return 'baseline';
  return color === version ? 'match' : 'fallback';
}
