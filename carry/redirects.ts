/** axios follows redirects itself, with the headers of the first request: each hop must get those of where it goes. */

/** What this needs of the configuration of a call by axios. */
export interface AxiosCall {
  headers: object;
  beforeRedirect?: BeforeRedirect | undefined;
}
// biome-ignore lint/suspicious/noExplicitAny: axios' own type; these are options of node:http, and are passed on
type BeforeRedirect = (options: Record<string, any>, ...details: any[]) => void;

/**
 * Of the headers for a hop (by its origin; names in lower case) those that the call does not set itself: `first` for
 * the first hop, and a `beforeRedirect` that changes them at each other one.
 */
export function headersOfHops(
  call: AxiosCall,
  url: string,
  headersFor: (origin: string) => Readonly<Record<string, string>> | undefined,
): { first: Record<string, string>; beforeRedirect: BeforeRedirect } {
  const own = new Set(Object.keys(call.headers).map((name) => name.toLowerCase()));
  const addedFor = (to: string) => {
    const headers = URL.canParse(to) ? headersFor(new URL(to).origin) : undefined;
    return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !own.has(name)));
  };
  const first = addedFor(url);
  const before = call.beforeRedirect;
  let added = first;
  return {
    first,
    beforeRedirect: (options, ...details) => {
      for (const name of Object.keys(added)) delete options.headers[name];
      added = addedFor(options.href);
      Object.assign(options.headers, added);
      before?.(options, ...details);
    },
  };
}
