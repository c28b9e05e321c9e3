import { type HeaderLines, isHopByHop } from './headers.ts';

/** Name and value by turns, as they came: bytes, or a character of Latin-1 for each. */
export type RawLines = readonly (Buffer | string)[];

/** The head of an upstream's answer: what goes on to the client, and what retries look at. */
export interface ResponseHead {
  /** Without hop-by-hop headers and those that the proxy writes itself. */
  lines: HeaderLines;
  grpcStatus: string | undefined;
  /** The upstream's own proxy refused it (x-envoy-overloaded). */
  overloaded: boolean;
}

export function readResponseHead(raw: RawLines): ResponseHead {
  const head: ResponseHead = { lines: [], grpcStatus: undefined, overloaded: false };
  for (let i = 0; i < raw.length; i += 2) {
    const name = textOf(raw[i]).toLowerCase();
    if (isHopByHop(name) || name === 'server' || name === 'x-envoy-upstream-service-time') continue;
    const value = textOf(raw[i + 1]);
    if (name === 'grpc-status') head.grpcStatus = value;
    else if (name === 'x-envoy-overloaded') head.overloaded = true;
    head.lines.push(name, value);
  }
  return head;
}

export function readTrailers(raw: RawLines): HeaderLines {
  return raw.map(textOf);
}

function textOf(bytes: Buffer | string | undefined = ''): string {
  return typeof bytes === 'string' ? bytes : bytes.toString('latin1');
}
