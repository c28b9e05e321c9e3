/** How one request went, gathered on the way for the access log. */

import type { Decision, ProxyIdentity } from '../routing/decision.ts';
import type { AccessLogEntry, ResponseFlag } from './access-log.ts';
import type { ClientRequest } from './client.ts';
import { clientAddress, type Incoming } from './request-lines.ts';
import type { Host } from './upstream/host.ts';

export class Outcome {
  /** 0: no answer. */
  status = 0;
  readonly flags: ResponseFlag[] = [];
  details = 'via_upstream';
  transportFailure: string | undefined;
  bytesReceived = 0;
  bytesSent = 0;
  serviceTimeMs: number | undefined;
  /** Of the last try. */
  cluster: string | undefined;
  host: Host | undefined;
  attempts = 0;
  /** Stack of what the mesh itself threw. */
  defect: string | undefined;
  readonly #startedAt = performance.now();
  /** Read at once: worked out at the end it would lie up to 2 ms before, and so before the request that led to it. */
  readonly #startTime = new Date();

  /** The entry as of now. What is undefined was not reached: a request may end before it was even read. */
  toEntry(
    proxy: ProxyIdentity,
    req: ClientRequest,
    incoming: Incoming | undefined,
    decision: Decision | undefined,
  ): AccessLogEntry {
    const by = decision && 'by' in decision ? decision.by : undefined;
    const headers = incoming?.head.headers;
    const durationMs = performance.now() - this.#startedAt;
    return {
      proxy: proxy.name,
      startTime: this.#startTime,
      method: req.method ?? '-',
      path: incoming?.head.path ?? req.url ?? '-',
      protocol: `HTTP/${req.httpVersion}`,
      authority: incoming?.head.authority ?? '-',
      status: this.status,
      flags: this.flags,
      details: this.details,
      ...(this.transportFailure && { transportFailure: this.transportFailure }),
      bytesReceived: this.bytesReceived,
      bytesSent: this.bytesSent,
      durationMs,
      ...(this.serviceTimeMs !== undefined && { upstreamServiceTimeMs: this.serviceTimeMs }),
      requestId: incoming?.requestId ?? '-',
      ...(headers?.['user-agent'] && { userAgent: String(headers['user-agent']) }),
      ...(headers?.['x-forwarded-for'] && { forwardedFor: String(headers['x-forwarded-for']) }),
      ...(this.host && { upstreamHost: this.host.address }),
      ...(this.host?.endpoint && { endpoint: this.host.endpoint }),
      ...(this.cluster && { upstreamCluster: this.cluster }),
      ...(by?.route.name && { routeName: by.route.name }),
      ...(by && { rule: by.place }),
      upstreamHeaders: incoming?.lines ?? [],
      ...(incoming && { head: incoming.head }),
      attempts: this.attempts,
      ...(this.defect && { defect: this.defect }),
      downstream: `${clientAddress(req)}:${req.socket.remotePort ?? 0}`,
    };
  }
}
