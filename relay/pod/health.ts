/** What Kubernetes asks: /healthz and /readyz. */
import { createServer, type Server } from 'node:http';
import type { State } from '../stream/heartbeat.ts';

/** @param state what holds now, and since when */
export function createHealthServer(state: () => State & { since: Date }): Server {
  return createServer({ keepAliveTimeout: 5_000 }, (req, res) => {
    const path = req.url?.split('?')[0];
    const now = state();
    const known = path === '/healthz' || path === '/readyz';
    res.statusCode = !known ? 404 : path === '/readyz' && !now.ready ? 503 : 200;
    res.setHeader('content-type', 'application/json');
    res.end(known ? `${JSON.stringify(now)}\n` : '{}\n');
  });
}
