/**
 * gRPC, as far as a proxy has to know it: which requests are gRPC, and how one is told of an error that is not the
 * upstream's own. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
import { grpcStatusOf } from '../rules/grpc-status.ts';
import type { LocalReply } from './local-reply.ts';
import { toWire } from './wire.ts';

const mediaType = 'application/grpc';

/** Whether a request with this content-type is gRPC to Envoy; `application/grpc-web` is not. */
export function isGrpc(contentType: string | undefined): boolean {
  if (!contentType?.startsWith(mediaType)) return false;
  const next = contentType[mediaType.length];
  return next === undefined || next === '+';
}

/** The reply to a gRPC call: always 200, the error in headers, and nothing behind them. */
export function inGrpc({ body, headers = [], grpcStatus, ...reply }: LocalReply): LocalReply {
  const status = grpcStatus ?? grpcStatusOf(reply.status);
  const lines = [...headers, 'content-type', mediaType, 'grpc-status', String(status)];
  if (body) lines.push('grpc-message', percentEncoded(toWire(body)));
  return { ...reply, status: 200, body: '', headers: lines };
}

/** As Envoy's PercentEncoding::encode; each character is a byte. */
function percentEncoded(bytes: string): string {
  return bytes.replace(
    /[^ -$&-}]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
