/**
 * An axios adapter on undici's dispatch: about three times as fast as the default one, because it makes neither an
 * agent lookup nor streams for answers of a few bytes. It follows no redirect, keeps the path as written, bounds the
 * answer, and takes a time-out for the whole exchange.
 */
import {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  CanceledError,
  type GenericAbortSignal,
  type InternalAxiosRequestConfig,
} from 'axios';
import { type Dispatcher, Pool } from 'undici';
import { forwardProxyFor } from './forward-proxy.ts';

export interface UndiciAdapterOptions {
  /** Headers to add to a request to this origin, over what the caller set; none: undefined. */
  headersFor: (origin: string) => Readonly<Record<string, string>> | undefined;
  /** Longer answers fail with ERR_BAD_RESPONSE. */
  maxResponseBytes?: number;
  /** The proxy that requests to this origin go through. Default: by HTTP_PROXY and NO_PROXY. */
  proxyFor?: (origin: string) => string | undefined;
}

/** Where requests to one origin go. */
interface Target {
  pool: Pool;
  origin: string;
  host: string;
  /** What comes before the path in the request line: the origin when a proxy is asked, else nothing. */
  pathPrefix: string;
}

const ORIGIN = /^https?:\/\/[^/?#]+/i;
const DEFAULT_MAX_RESPONSE_BYTES = 256 * 1024;

export function undiciAdapter({
  headersFor,
  maxResponseBytes = DEFAULT_MAX_RESPONSE_BYTES,
  proxyFor = forwardProxyFor,
}: UndiciAdapterOptions): AxiosAdapter {
  const targets = new Map<string, Target>();
  const pools = new Map<string, Pool>();

  function targetOf(written: string): Target {
    const known = targets.get(written);
    if (known) return known;
    const { origin, host } = new URL(written);
    const proxy = proxyFor(origin);
    const connectTo = proxy ?? origin;
    const pool = pools.get(connectTo) ?? new Pool(connectTo);
    pools.set(connectTo, pool);
    const target = { pool, origin, host, pathPrefix: proxy ? origin : '' };
    targets.set(written, target);
    return target;
  }

  return function send(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
    const url = config.baseURL ? config.baseURL + (config.url ?? '') : (config.url ?? '');
    const written = ORIGIN.exec(url)?.[0];
    if (written === undefined) {
      return Promise.reject(
        new AxiosError(`not an absolute URL: ${url}`, AxiosError.ERR_INVALID_URL, config),
      );
    }
    const target = targetOf(written);
    const headers = outgoingHeaders(config, target, headersFor(target.origin));
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(config, maxResponseBytes, resolve, reject);
      target.pool.dispatch(
        {
          path: target.pathPrefix + pathOf(url, written.length),
          method: (config.method ?? 'get').toUpperCase() as Dispatcher.HttpMethod,
          headers,
          body: (config.data as string | Buffer | undefined) ?? null,
          // one clock for the whole exchange, in Exchange
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        exchange,
      );
    });
  };
}

/** Path and query exactly as written: URL would resolve `..` and encode. */
function pathOf(url: string, start: number): string {
  const hash = url.indexOf('#', start);
  const path = hash === -1 ? url.slice(start) : url.slice(start, hash);
  return path.startsWith('/') ? path : `/${path}`;
}

function outgoingHeaders(
  config: InternalAxiosRequestConfig,
  target: Target,
  added: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const headers: Record<string, string> = { host: target.host };
  for (const [name, value] of Object.entries(config.headers)) {
    // axios leaves null and false for a header that is switched off
    if (value === null || value === undefined || value === false) continue;
    headers[name.toLowerCase()] = String(value);
  }
  // axios sets a default one on every POST
  if (config.data === undefined) delete headers['content-type'];
  return added ? Object.assign(headers, added) : headers;
}

/** undici gives each name once, in lower case: there is nothing to make normal, which axios does for every answer. */
class AnswerHeaders extends AxiosHeaders {
  override normalize(): AxiosHeaders {
    return this;
  }
}

/** One request and its answer: undici's handler on one side, axios' promise on the other. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #config: InternalAxiosRequestConfig;
  readonly #maxBytes: number;
  readonly #resolve: (response: AxiosResponse) => void;
  readonly #reject: (error: Error) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #signal: GenericAbortSignal | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #failure: Error | undefined;
  #status = 0;
  #statusText = '';
  #headers: Record<string, string | string[] | undefined> = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    config: InternalAxiosRequestConfig,
    maxBytes: number,
    resolve: (response: AxiosResponse) => void,
    reject: (error: Error) => void,
  ) {
    this.#config = config;
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
    this.#reject = reject;
    if (config.timeout) this.#timer = setTimeout(this.#onTimeout, config.timeout);
    this.#signal = config.signal;
    this.#signal?.addEventListener?.('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // it waited for a connection too long, and its caller has its answer
    if (this.#failure) controller.abort(this.#failure);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusText?: string,
  ): void {
    this.#status = status;
    this.#statusText = statusText ?? '';
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      this.#fail(
        new AxiosError(
          `answer longer than ${this.#maxBytes} bytes`,
          AxiosError.ERR_BAD_RESPONSE,
          this.#config,
        ),
      );
    } else {
      this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    if (this.#failure) return;
    this.#stopWatching();
    const config = this.#config;
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    const response: AxiosResponse = {
      data: config.responseType === 'arraybuffer' ? body : body.toString('utf8'),
      status: this.#status,
      statusText: this.#statusText,
      headers: Object.assign(new AnswerHeaders(), this.#headers),
      config,
    };
    if (!config.validateStatus || config.validateStatus(response.status)) {
      this.#resolve(response);
      return;
    }
    const code = response.status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
    this.#reject(
      new AxiosError(`request failed with status code ${response.status}`, code, config, undefined, response),
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(AxiosError.from(error, (error as NodeJS.ErrnoException).code, this.#config));
  }

  #onTimeout = (): void => {
    this.#fail(
      new AxiosError(`timeout of ${this.#config.timeout}ms exceeded`, AxiosError.ECONNABORTED, this.#config),
    );
  };

  #onAbort = (): void => {
    this.#fail(new CanceledError('canceled', this.#config));
  };

  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#stopWatching();
    this.#controller?.abort(error);
    this.#reject(error);
  }

  #stopWatching(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener?.('abort', this.#onAbort);
  }
}
