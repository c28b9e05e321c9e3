/**
 * An axios adapter that is about three times as fast as the default one for the requests that it understands wholly:
 * undici's dispatch makes neither an agent lookup nor streams for answers of a few bytes. All others go through axios'
 * own adapter, with the same added headers and the same proxies.
 */
import type { AxiosAdapter } from 'axios';
import { axiosAdapter } from './axios-adapter.ts';
import { forwardProxyFor } from './forward-proxy.ts';
import { plainRequest } from './plain-request.ts';
import { undiciAdapter } from './undici-adapter.ts';

export interface AdapterOptions {
  /** Headers to add to a request to this origin where it does not have them; none: undefined. */
  headersFor: (origin: string) => Readonly<Record<string, string>> | undefined;
  /** The proxy that requests to this origin go through. Default: by HTTP_PROXY and NO_PROXY. */
  proxyFor?: (origin: string) => string | undefined;
}

export function adapter({ headersFor, proxyFor = forwardProxyFor }: AdapterOptions): AxiosAdapter {
  const byAxios = axiosAdapter(headersFor, proxyFor);
  const byUndici = undiciAdapter(headersFor, proxyFor, byAxios);
  return (config) => {
    const plain = plainRequest(config);
    return plain ? byUndici(config, plain) : byAxios(config);
  };
}
