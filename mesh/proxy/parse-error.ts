/** What node's HTTP parser refuses to read, and what Envoy answers there. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { AccessLogEntry } from './access-log.ts';
import {
  codecError,
  headersTooLarge,
  invalidTransferEncoding,
  type LocalReply,
  lowVersion,
} from './local-reply.ts';

import { withoutMapping } from './request-lines.ts';

/** As node's `clientError` has it; `reason` is the parser's own. */
export interface ParseError extends NodeJS.ErrnoException {
  reason?: string;
  /** What was being read, and how much of it had been taken. */
  rawPacket?: Buffer;
  bytesParsed?: number;
}

/** Whether it is an error of the parser, or its time-out; others are those of the socket. */
export function isParseError({ code = '' }: ParseError): boolean {
  return code.startsWith('HPE_') || code.startsWith('ERR_HTTP_');
}

/** Whether a connection has told that it speaks HTTP/2: node's parser stops behind the preface. */
export function isHttp2Preface({ code }: ParseError): boolean {
  return code === 'HPE_PAUSED_H2_UPGRADE';
}

/** The whole answer, for a connection that has no response object for it. */
export function refusal({ status, body }: LocalReply, serverName: string): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-length: ${body.length}`,
    'content-type: text/plain',
    `date: ${new Date().toUTCString()}`,
    `server: ${serverName}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

/** What is logged of it: the answer, and who got it. */
export function unreadableEntry(
  proxy: string,
  { status, body, flag, details }: LocalReply,
  { remoteAddress, remotePort = 0 }: Socket,
): AccessLogEntry {
  return {
    proxy,
    startTime: new Date(),
    method: '-',
    path: '-',
    protocol: 'HTTP/1.1',
    authority: '-',
    status,
    flags: flag ? [flag] : [],
    details,
    bytesReceived: 0,
    bytesSent: body.length,
    durationMs: 0,
    requestId: '-',
    upstreamHeaders: [],
    attempts: 0,
    downstream: `${withoutMapping(remoteAddress)}:${remotePort}`,
  };
}

/** Envoy's answer to it. */
export function replyTo({ code, reason = '' }: ParseError): LocalReply {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return headersTooLarge;
    case 'HPE_INVALID_VERSION':
      return reason === 'Invalid HTTP version' ? lowVersion : codecError;
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return reason.includes('Content-Length') ? codecError : invalidTransferEncoding;
    default:
      return codecError;
  }
}
