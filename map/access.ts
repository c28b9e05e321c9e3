/**
 * Who may use the map: a browser on this computer that opened the printed URL. The token in it is good once and turns
 * into a cookie; Host and Origin keep out pages of other sites, also those that rebind a name to this address.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { newSecret } from './session.ts';

/** Why a request is not served: the status, and a sentence for a person. */
export interface Denial {
  status: 400 | 401 | 403 | 415;
  reason: string;
}

export class Access {
  /** The name has the port in it: cookies do not tell ports apart. */
  readonly #cookieName: string;
  readonly #hosts: ReadonlySet<string>;
  readonly #session: string;
  #token: string | undefined = newSecret();

  /**
   * @param port that the server listens on
   * @param session what the cookie says
   */
  constructor(port: number, session = newSecret()) {
    this.#session = session;
    this.#cookieName = `map-${port}`;
    // As browsers write it: without the port where that is HTTP's own.
    this.#hosts = new Set(
      ['localhost', '127.0.0.1', '[::1]'].flatMap((name) => [
        `${name}:${port}`,
        ...(port === 80 ? [name] : []),
      ]),
    );
  }

  /** What makes a URL let a browser in, once; undefined when it has been used. */
  get token(): string | undefined {
    return this.#token;
  }

  /** Trades the token for a `Set-Cookie` value; undefined where it is wrong, or used. */
  admit(token: string): string | undefined {
    if (this.#token === undefined || !same(token, this.#token)) return undefined;
    this.#token = undefined;
    return `${this.#cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** A token for one more browser, in place of the one before. */
  renew(): string {
    this.#token = newSecret();
    return this.#token;
  }

  /** Whether the request was addressed to this server by a name of its own. */
  strayHost({ headers: { host } }: IncomingMessage): Denial | undefined {
    if (host === undefined) return { status: 400, reason: 'A request says by its Host whom it asks.' };
    if (this.#hosts.has(host.toLowerCase())) return undefined;
    return { status: 403, reason: 'The map answers to localhost only.' };
  }

  /** Why this request may not read or change anything; undefined where it may. */
  denial(req: IncomingMessage): Denial | undefined {
    const { headers, method } = req;
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      return { status: 403, reason: 'A page of another site asked.' };
    if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`)
      return { status: 403, reason: 'A page of another origin asked.' };
    if (!this.#hasSession(headers.cookie))
      return {
        status: 401,
        reason:
          'Open the URL that was printed when the map started. It lets in one browser: for another one start the map again.',
      };
    if (method !== 'GET' && method !== 'HEAD') {
      if (headers.origin === undefined) return { status: 403, reason: 'A change needs an Origin.' };
      if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
        return { status: 415, reason: 'A change is sent as application/json.' };
    }
    return undefined;
  }

  #hasSession(cookies = ''): boolean {
    return cookies.split(/;\s*/).some((cookie) => {
      const equals = cookie.indexOf('=');
      return cookie.slice(0, equals) === this.#cookieName && same(cookie.slice(equals + 1), this.#session);
    });
  }
}

/** In a time that says nothing about where they differ. */
function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
