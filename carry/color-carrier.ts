/** In what the colour travels between services. */
import { baggageMember } from './baggage.ts';
import { colorHeaderName, noColor, parseColor } from './color.ts';

/** A header of its own, a member of W3C baggage by the header's name, or either. */
export const carriers = ['header', 'baggage', 'both'] as const;
export type Carrier = (typeof carriers)[number];

/**
 * The colour as it is written, in what carries it; undefined: there is none. Where both may carry it, a colour in the
 * header counts.
 * @param header gives the value of a header, by its name in lower case
 */
export function writtenColor(
  carrier: Carrier,
  header: (name: string) => string | undefined,
  colorHeader = colorHeaderName,
): string | undefined {
  const inHeader = header(colorHeader);
  if (carrier === 'header' || (carrier === 'both' && hasColor(inHeader))) return inHeader;
  return baggageMember(header('baggage') ?? '', colorHeader);
}

function hasColor(value: string | undefined): boolean {
  const { color, malformed } = parseColor(value);
  return color !== noColor || malformed !== undefined;
}
