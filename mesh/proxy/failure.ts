/** What a failed try means, from the error that the socket or undici gave. */
import { getSystemErrorMap } from 'node:util';
import { errors } from 'undici';
import type { Reset } from './retry.ts';
import { StreamReset } from './upstream/http2-try.ts';

export interface Failure {
  reset: Reset;
  /** In Envoy's words, where it has some. */
  transport?: string;
  /** The host has no address in DNS: there is no endpoint to try. */
  unresolved?: boolean;
}

interface SystemError {
  code?: string;
  errno?: number;
}

/** @param started whether the request had a connection. */
export function failureOf(error: Error, started: boolean): Failure {
  if (error instanceof StreamReset) return { reset: error.isRefused ? 'refusedStream' : 'remoteReset' };
  const { code = '', errno } = firstCause(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return { reset: 'connectTimeout' };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return { reset: 'connectFailure', unresolved: true };
  if (
    error instanceof errors.HTTPParserError ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code === 'ERR_HTTP2_ERROR'
  )
    return { reset: 'protocolError' };
  if (started) return { reset: 'connectionTermination' };
  if (errno === undefined) return { reset: 'connectFailure' };
  return { reset: 'connectFailure', transport: `delayed connect error: ${strerror(errno)}` };
}

/** Of several addresses tried (AggregateError), the first one's error. */
function firstCause(error: Error): SystemError {
  return (error instanceof AggregateError ? error.errors[0] : error) as SystemError;
}

/** `Connection refused`: as the C library says it, which begins with a capital letter. */
function strerror(errno: number): string {
  const [, message = `error ${errno}`] = getSystemErrorMap().get(errno) ?? [];
  return message.charAt(0).toUpperCase() + message.slice(1);
}
