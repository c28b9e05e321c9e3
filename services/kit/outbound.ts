/** The HTTP client of a service: axios, which carries the colour on to every host inside the mesh. */
import axios, { Axios, type AxiosRequestConfig } from 'axios';
import { carried } from './propagation.ts';
import { type UndiciAdapterOptions, undiciAdapter } from './undici-adapter.ts';

export interface OutboundOptions extends Pick<UndiciAdapterOptions, 'proxyFor'> {
  /** Origins (`http://service-b:32000`) that get the carried headers; to any other host they are not sent. */
  inMesh: readonly string[];
  /** axios' own settings. */
  config?: AxiosRequestConfig;
}

/**
 * An axios client whose every call sends what the request being served carries, however late in the request it is
 * made: after a timer, in Promise.all, in a retry. Over a header that the call sets itself, the carried one wins.
 */
export function createOutbound({ inMesh, config, proxyFor }: OutboundOptions): Axios {
  const origins = new Set(inMesh.map((url) => new URL(url).origin));
  const { transformRequest, transformResponse, validateStatus } = axios.defaults;
  // not axios.create(): merging the defaults that only browsers and the default adapter use doubles the cost of a call
  return new Axios({
    transformRequest,
    transformResponse,
    validateStatus,
    headers: {},
    ...config,
    adapter: undiciAdapter({
      headersFor: (origin) => (origins.has(origin) ? carried().headers : undefined),
      proxyFor,
    }),
  });
}
