/** Which colour a request has, from the headers that the lanes' rules look at. */
import { baggageMember } from '../carry/baggage.ts';
import { NO_COLOR, parseColor } from '../carry/color.ts';
import type { Lanes } from './model.ts';

/**
 * The colour as it is written, in what carries it; undefined: there is none. Where both may carry it, a colour in the
 * header counts.
 * @param header gives the value of a header, by its name in lower case
 */
export function writtenColor(
  { header: colorHeader, carrier }: Pick<Lanes, 'header' | 'carrier'>,
  header: (name: string) => string | undefined,
): string | undefined {
  const inHeader = header(colorHeader);
  if (carrier === 'header' || (carrier === 'both' && hasColor(inHeader))) return inHeader;
  return baggageMember(header('baggage') ?? '', colorHeader);
}

function hasColor(value: string | undefined): boolean {
  const { color, malformed } = parseColor(value);
  return color !== NO_COLOR || malformed !== undefined;
}
