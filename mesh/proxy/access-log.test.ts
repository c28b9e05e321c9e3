import { expect, test } from 'vitest';
import { type AccessLogEntry, formatAccessLog } from './access-log.ts';

const entry: AccessLogEntry = {
  proxy: 'gateway',
  startTime: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
  method: 'GET',
  path: '/x?y',
  protocol: 'HTTP/1.1',
  authority: 'shop',
  status: 503,
  flags: ['URX', 'UF'],
  details: 'upstream_reset_before_response_started{remote_connection_failure}',
  transportFailure: 'delayed connect error: Connection refused',
  bytesReceived: 0,
  bytesSent: 95,
  durationMs: 12.4,
  requestId: 'id',
  userAgent: 'curl/8',
  upstreamHost: '10.0.0.1:80',
  upstreamCluster: 'outbound|80||b.test.svc.cluster.local',
  routeName: 'to-b',
  upstreamHeaders: [],
  attempts: 3,
  downstream: '127.0.0.1:4711',
};

test("a line in Istio's default format", () => {
  expect(formatAccessLog(entry)).toBe(
    '[2026-01-02T03:04:05.006Z] "GET /x?y HTTP/1.1" 503 URX,UF upstream_reset_before_response_started{remote_connection_failure} - "delayed connect error: Connection refused" 0 95 12 - "-" "curl/8" "id" "shop" "10.0.0.1:80" outbound|80||b.test.svc.cluster.local - - 127.0.0.1:4711 - to-b',
  );
});

test('what is not known is a dash', () => {
  const { transportFailure: _, upstreamHost: __, routeName: ___, ...bare } = entry;
  expect(formatAccessLog({ ...bare, flags: [], status: 404 })).toMatch(
    /" 404 - .* - "-" 0 .* "-" outbound.* -$/,
  );
});
