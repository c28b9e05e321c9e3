/** Lanes whose colour travels in another header than this kit's own. */
import { defaultColorHeader } from '../carry/color.ts';
import type { Lanes } from './model.ts';

/** The name of that header; undefined where it goes without saying. */
export function otherHeader({ header }: Pick<Lanes, 'header'>): string | undefined {
  return header === defaultColorHeader ? undefined : header;
}
