import { type HeaderLines, isHopByHop } from './headers.ts';

/** The head of an upstream's answer: what goes on to the client, and what retries look at. */
export interface ResponseHead {
  /** Without hop-by-hop headers and those that the proxy writes itself. */
  lines: HeaderLines;
  grpcStatus: string | undefined;
  /** The upstream's own proxy refused it (x-envoy-overloaded). */
  overloaded: boolean;
}

/** @param raw name and value by turns, as they came: bytes, each a character of Latin-1. */
export function readResponseHead(raw: readonly Buffer[]): ResponseHead {
  const head: ResponseHead = { lines: [], grpcStatus: undefined, overloaded: false };
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as Buffer).toString('latin1').toLowerCase();
    if (isHopByHop(name) || name === 'server' || name === 'x-envoy-upstream-service-time') continue;
    const value = (raw[i + 1] as Buffer).toString('latin1');
    if (name === 'grpc-status') head.grpcStatus = value;
    else if (name === 'x-envoy-overloaded') head.overloaded = true;
    head.lines.push(name, value);
  }
  return head;
}
