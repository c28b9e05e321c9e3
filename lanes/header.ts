/** Lanes whose colour travels in another header than this kit's own. */
import { DEFAULT_COLOR_HEADER } from '../carry/color.ts';
import type { Lanes } from './model.ts';

/** The name of that header; undefined where it goes without saying. */
export function otherHeader({ header }: Pick<Lanes, 'header'>): string | undefined {
  return header === DEFAULT_COLOR_HEADER ? undefined : header;
}
