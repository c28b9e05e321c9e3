/**
 * Which requests the fast path takes. It is a list of what it understands wholly: an option that is not in it, also one
 * that a later axios brings, sends the request through axios' own adapter.
 */
import type { InternalAxiosRequestConfig } from 'axios';

/** Where a plain request goes. */
export interface PlainRequest {
  /** As the URL writes it, e.g. `http://Service-B:32000`. */
  origin: string;
  /** Path and query exactly as written: URL would resolve `..` and encode. */
  path: string;
}

/** Its origin has no user and password: those become a header. What is beyond ASCII has to be encoded first. */
const httpUrl = /^(http:\/\/[^/?#@\\]+)([/?][^#]*)?(?:#.*)?$/i;
const printableAscii = /^[!-~]*$/;

type Understands = (value: unknown) => boolean;

const anything: Understands = () => true;
const isNumber: Understands = (value) => typeof value === 'number';
const isString: Understands = (value) => typeof value === 'string';

/** By the name of the option: which values are understood; to leave one out, or undefined, is always. */
const understood: ReadonlyMap<string, Understands> = new Map<string, Understands>([
  ['url', isString],
  ['method', isString],
  ['headers', anything],
  ['data', (data) => data === null || isString(data) || Buffer.isBuffer(data)],
  ['timeout', isNumber],
  ['signal', anything],
  ['responseType', (type) => type === 'json' || type === 'text' || type === 'arraybuffer'],
  ['maxContentLength', isNumber],
  ['validateStatus', anything],
  ['maxRedirects', (times) => times === 0],
  ['decompress', (wanted) => wanted === false],
  // axios does these itself, around its adapter
  ['transformRequest', anything],
  ['transformResponse', anything],
  ['adapter', anything],
  // says how url is joined to a baseURL, and there is none
  ['allowAbsoluteUrls', anything],
]);

/** Where the request goes when it is plain; undefined: axios' own adapter has to send it. */
export function plainRequest(config: InternalAxiosRequestConfig): PlainRequest | undefined {
  // by default axios follows redirects and unpacks answers
  if (config.maxRedirects !== 0 || config.decompress !== false) return undefined;
  for (const name in config) {
    const value = config[name as keyof InternalAxiosRequestConfig] as unknown;
    if (value !== undefined && !understood.get(name)?.(value)) return undefined;
  }
  const url = config.url ?? '';
  const [, origin, path = '/'] = (printableAscii.test(url) && httpUrl.exec(url)) || [];
  return origin === undefined ? undefined : { origin, path: path.startsWith('/') ? path : `/${path}` };
}
