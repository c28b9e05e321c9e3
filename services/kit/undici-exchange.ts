/** One request and its answer: undici's handler on one side, axios' promise on the other. */
import {
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  CanceledError,
  type GenericAbortSignal,
  type InternalAxiosRequestConfig,
} from 'axios';
import { type Dispatcher, errors } from 'undici';

type AnswerHeaders = Record<string, string | string[] | undefined>;

/** How an exchange ends. */
export interface ExchangeEnd {
  resolve: (response: AxiosResponse) => void;
  reject: (error: Error) => void;
  /** undici sends no such request (an odd character in its path, say), and sent nothing. */
  refused: () => void;
}

export class UndiciExchange implements Dispatcher.DispatchHandler {
  readonly #config: InternalAxiosRequestConfig;
  readonly #end: ExchangeEnd;
  readonly #maxBytes: number;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #signal: GenericAbortSignal | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #failure: Error | undefined;
  #status = 0;
  #statusText = '';
  #headers: AnswerHeaders = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(config: InternalAxiosRequestConfig, end: ExchangeEnd) {
    this.#config = config;
    this.#end = end;
    const { maxContentLength = -1 } = config;
    this.#maxBytes = maxContentLength < 0 ? Number.POSITIVE_INFINITY : maxContentLength;
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
    headers: AnswerHeaders,
    statusText?: string,
  ): void {
    this.#status = status;
    this.#statusText = statusText ?? '';
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#maxBytes) this.#chunks.push(chunk);
    else this.#fail(`maxContentLength size of ${this.#maxBytes} exceeded`, AxiosError.ERR_BAD_RESPONSE);
  }

  onResponseEnd(): void {
    if (this.#failure) return;
    this.#stopWatching();
    const config = this.#config;
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    const response: AxiosResponse = {
      data: config.responseType === 'arraybuffer' ? body : textOf(body),
      status: this.#status,
      statusText: this.#statusText,
      headers: answerHeaders(this.#headers),
      config,
    };
    if (!config.validateStatus || config.validateStatus(response.status)) this.#end.resolve(response);
    else this.#end.reject(badStatus(response));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (error instanceof errors.InvalidArgumentError && !this.#controller && !this.#failure) {
      this.#stopWatching();
      this.#end.refused();
      return;
    }
    this.#failWith(AxiosError.from(asOfNode(error), undefined, this.#config));
  }

  #onTimeout = (): void => {
    this.#fail(`timeout of ${this.#config.timeout}ms exceeded`, AxiosError.ECONNABORTED);
  };

  #onAbort = (): void => {
    this.#failWith(new CanceledError('canceled', this.#config));
  };

  #fail(message: string, code: string): void {
    this.#failWith(new AxiosError(message, code, this.#config));
  }

  #failWith(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#stopWatching();
    this.#controller?.abort(error);
    this.#end.reject(error);
  }

  #stopWatching(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener?.('abort', this.#onAbort);
  }
}

/** undici gives each name once, in lower case: there is nothing to make normal, which axios does for every answer. */
class NormalHeaders extends AxiosHeaders {
  override normalize(): AxiosHeaders {
    return this;
  }
}

/** A header on several lines is joined, as node:http does; Set-Cookie stays a list. */
function answerHeaders(headers: AnswerHeaders): AxiosHeaders {
  for (const name in headers) {
    const value = headers[name];
    if (name === 'set-cookie') headers[name] = typeof value === 'string' ? [value] : value;
    else if (Array.isArray(value)) headers[name] = value.join(', ');
  }
  return Object.assign(new NormalHeaders(), headers);
}

function textOf(body: Buffer): string {
  const text = body.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function badStatus(response: AxiosResponse): AxiosError {
  const { status, config } = response;
  const code = status >= 400 && status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
  return new AxiosError(`Request failed with status code ${status}`, code, config, undefined, response);
}

/** Of a connection that the other side ended, what callers of node:http look for. */
function asOfNode(error: Error): Error {
  if (!(error instanceof errors.SocketError)) return error;
  return Object.assign(new Error('socket hang up', { cause: error }), { code: 'ECONNRESET' });
}
