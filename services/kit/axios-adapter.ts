/** axios' own adapter for Node, with headers added by where a request goes, and with HTTP_PROXY as the kit reads it. */
import axios, { AxiosError, AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { headersOfHops } from '../../carry/redirects.ts';
import type { AdapterOptions } from './adapter.ts';
import { ForwardProxyAgent } from './forward-proxy-agent.ts';

export function axiosAdapter(
  headersFor: AdapterOptions['headersFor'],
  proxyFor: NonNullable<AdapterOptions['proxyFor']>,
): (config: InternalAxiosRequestConfig) => Promise<AxiosResponse> {
  const send = axios.getAdapter('http');
  const httpAgent = new ForwardProxyAgent(proxyFor);

  return async (config) => {
    const url = axios.getUri(config);
    // what the caller says of agents and proxies counts; https is left to axios, which makes a tunnel
    const leftToAxios = config.proxy !== undefined || config.httpAgent || !/^http:/i.test(url);
    const hops = headersOfHops(config, url, headersFor);
    try {
      const response = await send({
        ...config,
        ...(leftToAxios ? {} : { httpAgent, proxy: false }),
        headers: new AxiosHeaders(config.headers).set(hops.first),
        beforeRedirect: hops.beforeRedirect,
      });
      response.config = config;
      return response;
    } catch (error) {
      // a retry sends the configuration again, perhaps for another request: it must not hold this one's headers
      if (error instanceof AxiosError) error.config = config;
      throw error;
    }
  };
}
