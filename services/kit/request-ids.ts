/** The names under which logs and traces know a request. */
import type { Carried } from './propagation.ts';

/** W3C trace context (traceparent), else B3 in its single or its many headers. */
export function requestIds({ headers }: Carried): { requestId?: string; traceId?: string } {
  const ids: { requestId?: string; traceId?: string } = {};
  if (headers['x-request-id']) ids.requestId = headers['x-request-id'];
  const traceId = headers.traceparent?.split('-')[1] ?? headers['x-b3-traceid'] ?? headers.b3?.split('-')[0];
  if (traceId) ids.traceId = traceId;
  return ids;
}
