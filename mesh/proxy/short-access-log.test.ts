import { expect, it } from 'vitest';
import type { AccessLogEntry } from './access-log.ts';
import { formatShortAccessLog, shortAccessLogHeading } from './short-access-log.ts';

const entry: AccessLogEntry = {
  proxy: 'service-a/release-v1',
  startTime: new Date(),
  method: 'GET',
  path: '/a/long/path?with=a&query=too',
  protocol: 'HTTP/1.1',
  authority: 'service-b:32000',
  status: 200,
  flags: [],
  details: 'via_upstream',
  bytesReceived: 0,
  bytesSent: 0,
  durationMs: 1,
  requestId: 'x',
  attempts: 1,
  upstreamHeaders: [],
  downstream: '127.0.0.1:1',
  upstreamHost: '127.0.0.1:2',
  upstreamCluster: 'outbound|32000|release-v3|service-b.coloring.svc.cluster.local',
  endpoint: 'release-v3-0',
  routeName: 'service-b/release-v3',
};

it('says who decided, what came of it, by which route and where it went', () => {
  const lines = [
    shortAccessLogHeading,
    formatShortAccessLog(entry),
    formatShortAccessLog({ ...entry, status: 503, flags: ['UH'], endpoint: undefined }),
    formatShortAccessLog({
      ...entry,
      proxy: 'gateway',
      status: 404,
      flags: ['NR'],
      routeName: undefined,
      upstreamCluster: undefined,
      upstreamHost: undefined,
    }),
    formatShortAccessLog({
      ...entry,
      proxy: 'client',
      status: 502,
      routeName: 'block_all',
      upstreamCluster: 'BlackHoleCluster',
      upstreamHost: undefined,
    }),
    formatShortAccessLog({ ...entry, status: 0, flags: ['DC'], upstreamCluster: 'outbound|80||api.example' }),
  ];
  expect(lines).toEqual([
    'proxy                    flag route                  destination',
    'service-a/release-v1 200 -    service-b/release-v3   service-b release-v3-0',
    'service-a/release-v1 503 UH   service-b/release-v3   service-b release-v3',
    'gateway              404 NR   -                      -',
    'client               502 -    block_all              BlackHoleCluster',
    'service-a/release-v1 -   DC   service-b/release-v3   api.example release-v3-0',
  ]);
});
