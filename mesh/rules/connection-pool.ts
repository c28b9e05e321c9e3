/** ConnectionPoolSettings: how many connections and requests an upstream gets at a time. */
import { z } from 'zod';
import { duration, milliseconds } from './duration.ts';
import { across, choice, count, noted, say } from './fields.ts';
import type { ConnectionPool } from './model.ts';
import { shape } from './shape.ts';

const fields = {
  tcp: shape('TCPSettings', {
    maxConnections: count.optional(),
    connectTimeout: duration.optional(),
  }).optional(),
  http: shape('HTTPSettings', {
    http1MaxPendingRequests: count.optional(),
    http2MaxRequests: noted('requests at a time, of HTTP/1.1 too', count.optional()),
    maxRequestsPerConnection: count.optional(),
    maxRetries: count.optional(),
    idleTimeout: duration.optional(),
    h2UpgradePolicy: choice(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']).optional(),
    useClientProtocol: z.boolean().optional(),
  }).optional(),
};

export const connectionPool = across(
  shape('ConnectionPoolSettings', fields),
  ['tcp', 'http'],
  (written, ctx) => {
    if (!written.tcp && !written.http) say(ctx, [], 'needs tcp, http, or both');
  },
);

/** 0 is proto's way to say that a limit is not written. */
export function toConnectionPool(written: z.infer<z.ZodObject<typeof fields>>): ConnectionPool {
  const { tcp = {}, http = {} } = written;
  return {
    maxConnections: tcp.maxConnections || undefined,
    connectTimeoutMs: milliseconds(tcp.connectTimeout),
    http1MaxPendingRequests: http.http1MaxPendingRequests || undefined,
    http2MaxRequests: http.http2MaxRequests || undefined,
    maxRequestsPerConnection: http.maxRequestsPerConnection || undefined,
    maxRetries: http.maxRetries || undefined,
    idleTimeoutMs: milliseconds(http.idleTimeout),
    protocol: http.useClientProtocol ? 'client' : http.h2UpgradePolicy === 'UPGRADE' ? 'http2' : undefined,
  };
}
