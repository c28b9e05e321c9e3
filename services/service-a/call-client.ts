/** Asks a service that service-a calls, and says in service-a's words why there was no answer. */
import { AxiosError, type GenericAbortSignal, isCancel } from 'axios';
import { createOutbound, type OutboundOptions } from '../kit/outbound.ts';
import type { ServiceAConfig } from './config.ts';

export interface Question {
  method: string;
  /** With the query, exactly as it goes out. */
  path: string;
  accept: string;
  /** Aborts when nobody waits for the answer any more. */
  signal: GenericAbortSignal;
}

/** Why a service gave no answer that can be used. */
export class NoAnswer extends Error {
  /** What service-a answers: 504 when it was a matter of time, 499 when its client is gone, else 502. */
  readonly status: 499 | 502 | 504;
  readonly reason: 'client gone' | 'time-out' | 'unreachable' | 'failed' | 'not understood';

  /** Who did not answer. */
  readonly host: string;

  constructor(
    status: NoAnswer['status'],
    reason: NoAnswer['reason'],
    detail: string,
    { host, cause }: { host: string; cause: unknown },
  ) {
    super(detail, { cause });
    this.name = 'NoAnswer';
    this.status = status;
    this.reason = reason;
    this.host = host;
  }
}

const longestAnswerBytes = 256 * 1024;

interface CallClient {
  host: string;
  /** Resolves to the body of a 2xx answer and rejects with {@link NoAnswer}. */
  ask: (question: Question) => Promise<string>;
}

export function callClient(
  { timeoutMs }: ServiceAConfig,
  origin: string,
  proxyFor?: OutboundOptions['proxyFor'],
): CallClient {
  const http = createOutbound({
    inMesh: [origin],
    proxyFor,
    config: {
      timeout: timeoutMs,
      maxRedirects: 0,
      decompress: false,
      maxContentLength: longestAnswerBytes,
      // axios' JSON transforms cost time and would swallow an answer that is no JSON
      transformRequest: undefined,
      transformResponse: undefined,
    },
  });
  const host = new URL(origin).hostname;

  const ask = async ({ method, path, accept, signal }: Question) => {
    try {
      // the URL in one piece: joined by axios, a path like //elsewhere would become another host
      const response = await http.request<string>({
        method,
        url: origin + path,
        // none of axios' own for a body: there is none
        headers: { accept, 'content-type': false },
        signal,
      });
      return response.data;
    } catch (error) {
      throw noAnswer(error, host, timeoutMs);
    }
  };
  return { host, ask };
}

function noAnswer(error: unknown, host: string, timeoutMs: number): NoAnswer {
  const from = { host, cause: error };
  if (isCancel(error)) return new NoAnswer(499, 'client gone', 'the client hung up', from);
  if (!(error instanceof AxiosError)) throw error;
  if (error.response) {
    const { status } = error.response;
    return new NoAnswer(status === 504 ? 504 : 502, 'failed', `${host} answered ${status}`, from);
  }
  if (error.code === AxiosError.ECONNABORTED) {
    return new NoAnswer(504, 'time-out', `${host} did not answer within ${timeoutMs} ms`, from);
  }
  if (error.code === AxiosError.ERR_BAD_RESPONSE) {
    return new NoAnswer(502, 'not understood', `${host}: ${error.message}`, from);
  }
  const detail = `${host} cannot be reached: ${error.code ?? error.message}`;
  return new NoAnswer(502, 'unreachable', detail, from);
}
