/** Sends plain requests by undici's dispatch, over connections that stay. */
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { type Dispatcher, Pool } from 'undici';
import type { AdapterOptions } from './adapter.ts';
import type { PlainRequest } from './plain-request.ts';
import { UndiciExchange } from './undici-exchange.ts';

/** To one origin; what is beyond waits. A client that pipelines would open one for each of its requests. */
const connectionsBound = 128;

/** Where requests to one origin go. */
interface Origin {
  pool: Pool;
  origin: string;
  host: string;
  /** What comes before the path in the request line: the origin when a proxy is asked, else nothing. */
  pathPrefix: string;
}

/** The function it returns asks `otherwise` when undici refuses to send such a request. */
export function undiciAdapter(
  headersFor: AdapterOptions['headersFor'],
  proxyFor: NonNullable<AdapterOptions['proxyFor']>,
  otherwise: (config: InternalAxiosRequestConfig) => Promise<AxiosResponse>,
): (config: InternalAxiosRequestConfig, plain: PlainRequest) => Promise<AxiosResponse> {
  const targets = new Map<string, Origin>();
  const pools = new Map<string, Pool>();

  function targetOf(written: string): Origin | undefined {
    const known = targets.get(written);
    if (known) return known;
    const url = URL.parse(written);
    if (!url) return undefined;
    const { origin, host } = url;
    const proxy = proxyFor(origin);
    const connectTo = proxy ?? origin;
    const pool = pools.get(connectTo) ?? new Pool(connectTo, { connections: connectionsBound });
    pools.set(connectTo, pool);
    const target = { pool, origin, host, pathPrefix: proxy ? origin : '' };
    targets.set(written, target);
    return target;
  }

  return (config, plain) => {
    const target = targetOf(plain.origin);
    if (!target) return otherwise(config);
    return new Promise((resolve, reject) => {
      const refused = () => otherwise(config).then(resolve, reject);
      target.pool.dispatch(
        {
          path: target.pathPrefix + plain.path,
          method: (config.method ?? 'get').toUpperCase() as Dispatcher.HttpMethod,
          headers: outgoingHeaders(config, target, headersFor(target.origin)),
          body: (config.data as string | Buffer | undefined) ?? null,
          // one clock for the whole exchange, in UndiciExchange
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        new UndiciExchange(config, { resolve, reject, refused }),
      );
    });
  };
}

function outgoingHeaders(
  config: InternalAxiosRequestConfig,
  target: Origin,
  toAdd: Readonly<Record<string, string>> | undefined,
): Record<string, string | string[]> {
  // over these, what the call sets itself, and sets to nothing
  const headers: Record<string, string | string[]> = { host: target.host, ...toAdd };
  for (const [written, value] of Object.entries(config.headers)) {
    const name = written.toLowerCase();
    // axios leaves null and false for a header that is switched off
    if (value === null || value === undefined || value === false) delete headers[name];
    else headers[name] = Array.isArray(value) ? value.map(String) : String(value);
  }
  return headers;
}
