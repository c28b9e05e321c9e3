/** Work for a client that hung up is work for nobody. */
import type { ServerResponse } from 'node:http';
import type { GenericAbortSignal } from 'axios';
import type { Context } from 'koa';

/**
 * A signal that aborts when the client closes the connection before it has its answer, for one call made on its
 * behalf: axios listens while the call is under way, and then the connection can only close because the client did.
 * An AbortController would say the same at some microseconds a request.
 */
export function clientGone({ res }: Context): GenericAbortSignal {
  return new ClientGone(res);
}

class ClientGone implements GenericAbortSignal {
  readonly #res: ServerResponse;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  get aborted(): boolean {
    return this.#res.closed;
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.#res.once('close', listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.#res.off('close', listener);
  }
}
