/**
 * The colour of a request: the version that it wants at every hop. A colour that no version can have is carried on
 * as {@link NO_COLOR}, so that it means the same at every hop: baseline.
 */

/** The header that carries the colour where nobody names another. */
export const DEFAULT_COLOR_HEADER = 'project-version';

/** The header that carries the colour, in lower case; COLOR_HEADER in the environment names another. */
export const COLOR_HEADER = process.env.COLOR_HEADER?.trim().toLowerCase() || DEFAULT_COLOR_HEADER;

/** What a service says where there is no colour. */
export const NO_COLOR = '-';

/** DNS-1123 label, as Kubernetes and Istio want a subset's name: no version can be called anything else. */
const DNS_1123_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether a version, and so a colour, can have this name. */
export function isColor(value: string): boolean {
  return DNS_1123_LABEL.test(value);
}

/**
 * Reads the header as it came. `malformed` is the value when it was neither a colour nor one of the ways to say
 * "none" (absent, empty, `-`). Several header lines arrive joined by a comma, and so are malformed.
 */
export function parseColor(header: string | undefined): { color: string; malformed?: string } {
  if (header === undefined || header === '' || header === NO_COLOR) return { color: NO_COLOR };
  return isColor(header) ? { color: header } : { color: NO_COLOR, malformed: header };
}
