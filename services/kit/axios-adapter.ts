/** axios' own adapter for Node, with headers added by where a request goes, and with HTTP_PROXY as the kit reads it. */
import axios, { AxiosError, AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import type { AdapterOptions } from './adapter.ts';
import { ForwardProxyAgent } from './forward-proxy-agent.ts';

export function axiosAdapter(
  headersFor: AdapterOptions['headersFor'],
  proxyFor: NonNullable<AdapterOptions['proxyFor']>,
): (config: InternalAxiosRequestConfig) => Promise<AxiosResponse> {
  const send = axios.getAdapter('http');
  const httpAgent = new ForwardProxyAgent(proxyFor);

  return async (config) => {
    const url = URL.parse(axios.getUri(config));
    // what the caller says of agents and proxies counts; https is left to axios, which makes a tunnel
    const leftToAxios = config.proxy !== undefined || config.httpAgent || url?.protocol !== 'http:';
    const own = new Set(Object.keys(config.headers).map((name) => name.toLowerCase()));
    const addedFor = (origin: string) =>
      Object.fromEntries(Object.entries(headersFor(origin) ?? {}).filter(([name]) => !own.has(name)));
    let added = url ? addedFor(url.origin) : {};
    try {
      const response = await send({
        ...config,
        ...(leftToAxios ? {} : { httpAgent, proxy: false }),
        headers: new AxiosHeaders(config.headers).set(added),
        beforeRedirect: (options, ...details) => {
          for (const name of Object.keys(added)) delete options.headers[name];
          added = addedFor(new URL(options.href).origin);
          Object.assign(options.headers, added);
          config.beforeRedirect?.(options, ...details);
        },
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
