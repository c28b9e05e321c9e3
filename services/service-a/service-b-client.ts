/** Asks service-b, and says in service-a's words why there was no answer. */
import { AxiosError, type GenericAbortSignal, isCancel } from 'axios';
import { createOutbound, type OutboundOptions } from '../kit/outbound.ts';
import type { ServiceAConfig } from './config.ts';

interface Question {
  method: string;
  /** With the query, exactly as it goes out. */
  path: string;
  accept: string;
  /** Aborts when nobody waits for the answer any more. */
  signal: GenericAbortSignal;
}

/** Why service-b gave no answer that can be used. */
export class NoAnswer extends Error {
  /** What service-a answers: 504 when it was a matter of time, 499 when its client is gone, else 502. */
  readonly status: 499 | 502 | 504;
  readonly reason: 'client gone' | 'time-out' | 'unreachable' | 'failed' | 'not understood';

  constructor(status: NoAnswer['status'], reason: NoAnswer['reason'], detail: string, cause?: unknown) {
    super(detail, { cause });
    this.name = 'NoAnswer';
    this.status = status;
    this.reason = reason;
  }
}

const LONGEST_ANSWER_BYTES = 256 * 1024;

export type AskServiceB = (question: Question) => Promise<string>;

/** The function it returns resolves to the body of a 2xx answer and rejects with {@link NoAnswer}. */
export function serviceBClient(
  { serviceBOrigin, serviceBTimeoutMs }: ServiceAConfig,
  proxyFor?: OutboundOptions['proxyFor'],
): AskServiceB {
  const http = createOutbound({
    inMesh: [serviceBOrigin],
    proxyFor,
    config: {
      timeout: serviceBTimeoutMs,
      maxRedirects: 0,
      decompress: false,
      maxContentLength: LONGEST_ANSWER_BYTES,
      // axios' JSON transforms cost time and would swallow an answer that is no JSON
      transformRequest: undefined,
      transformResponse: undefined,
    },
  });
  const host = new URL(serviceBOrigin).hostname;

  return async ({ method, path, accept, signal }) => {
    try {
      // the URL in one piece: joined by axios, a path like //elsewhere would become another host
      const response = await http.request<string>({
        method,
        url: serviceBOrigin + path,
        // none of axios' own for a body: there is none
        headers: { accept, 'content-type': false },
        signal,
      });
      return response.data;
    } catch (error) {
      throw noAnswer(error, host, serviceBTimeoutMs);
    }
  };
}

function noAnswer(error: unknown, host: string, timeoutMs: number): NoAnswer {
  if (isCancel(error)) return new NoAnswer(499, 'client gone', 'the client hung up', error);
  if (!(error instanceof AxiosError)) throw error;
  if (error.response) {
    const { status } = error.response;
    return new NoAnswer(status === 504 ? 504 : 502, 'failed', `${host} answered ${status}`, error);
  }
  if (error.code === AxiosError.ECONNABORTED) {
    return new NoAnswer(504, 'time-out', `${host} did not answer within ${timeoutMs} ms`, error);
  }
  if (error.code === AxiosError.ERR_BAD_RESPONSE) {
    return new NoAnswer(502, 'not understood', `${host}: ${error.message}`, error);
  }
  return new NoAnswer(502, 'unreachable', `${host} cannot be reached: ${error.code ?? error.message}`, error);
}
