/**
 * The colour of a request: the version that it wants at every hop. A colour that no version can have is carried on
 * as {@link noColor}, so that it means the same at every hop: baseline.
 */

/** The header that carries the colour where nobody names another. */
export const defaultColorHeader = 'project-version';

/** The header that carries the colour, in lower case; COLOR_HEADER in the environment names another. */
export const colorHeaderName = process.env.COLOR_HEADER?.trim().toLowerCase() || defaultColorHeader;

/** What a service says where there is no colour. */
export const noColor = '-';

/** DNS-1123 label, as Kubernetes and Istio want a subset's name: no version can be called anything else. */
const dns1123Label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether a version, and so a colour, can have this name. */
export function isColor(value: string): boolean {
  return dns1123Label.test(value);
}

/**
 * Reads the header as it came. `malformed` is the value when it was neither a colour nor one of the ways to say
 * "none" (absent, empty, `-`). Several header lines arrive joined by a comma, and so are malformed.
 */
export function parseColor(header: string | undefined): { color: string; malformed?: string } {
  if (header === undefined || header === '' || header === noColor) return { color: noColor };
  return isColor(header) ? { color: header } : { color: noColor, malformed: header };
}
