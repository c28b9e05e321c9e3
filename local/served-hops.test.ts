import { expect, it } from 'vitest';
import { parseLanes } from '../lanes/lanes.ts';
import type { AccessLogEntry } from '../mesh/proxy/access-log.ts';
import { isEntrance } from '../trace/hop.ts';
import type { TracedRequest } from '../trace/join.ts';
import { requestsOf } from '../trace/requests.ts';
import { entryReader } from './entry-hop.ts';
import { servedHops } from './served-hops.ts';

const lanes = parseLanes(`
header: x-env
services:
  web: { port: 80, calls: [api, db], run: ./web, versions: [release, v1] }
  api: { port: 81, calls: db, run: ./api, versions: [release, v1] }
  db: { port: 82, versions: [release, v1] }
`);

/** Each version has a port of its own: its place in the file. */
const ports = new Map(
  lanes.services
    .flatMap((service) => service.versions.map((version) => ({ service, version })))
    .map((one, index) => [`127.0.0.1:${index}`, one]),
);
const addressOf = (name: string) =>
  [...ports].find(([, { service, version }]) => `${service.name}/${version.name}` === name)?.[0];

const call = (
  proxy: string,
  to: string,
  [from, until]: [number, number],
  more: Partial<AccessLogEntry> = {},
): AccessLogEntry => ({
  proxy,
  startTime: new Date(from),
  durationMs: until - from,
  authority: `${to.split('/')[0]}:80`,
  requestId: '1',
  status: 200,
  flags: [],
  upstreamHeaders: ['x-env', 'v1'],
  ...(addressOf(to) && { upstreamHost: addressOf(to) }),
  ...more,
  method: 'GET',
  path: '/',
  protocol: 'HTTP/1.1',
  details: 'via_upstream',
  bytesReceived: 0,
  bytesSent: 0,
  attempts: 1,
  downstream: '127.0.0.1:1',
});

const readEntry = entryReader(lanes, (at) => ports.get(at));
const hopsOf = (log: AccessLogEntry[]) => {
  const [request] = requestsOf(log.map(readEntry), isEntrance).filter(
    ({ hops: [first] }) => first && isEntrance(first),
  );
  return servedHops(lanes, request as TracedRequest);
};

it('finds the calls of each program by its sidecar, and says who called where that is not the hop before', () => {
  const { trail, failures, silent } = hopsOf([
    call('api/release', 'db/v1', [12, 18]),
    call('web/v1', 'api/release', [10, 20]),
    call('web/v1', 'db/v1', [21, 25]),
    call('gateway', 'web/v1', [5, 30]),
  ]);
  expect(trail).toEqual([
    { service: 'web', version: 'v1', color: 'v1' },
    { service: 'api', version: 'release', color: 'v1' },
    { service: 'db', version: 'v1', color: 'v1' },
    { service: 'db', version: 'v1', color: 'v1', caller: 'web' },
  ]);
  expect({ failures, silent }).toEqual({ failures: [], silent: [] });
});

it('takes the colour from what went on to the service, whatever the request had', () => {
  const { trail } = hopsOf([
    call('web/v1', 'db/release', [10, 20], { upstreamHeaders: ['x-env', 'a', 'x-env', 'b'] }),
    call('gateway', 'web/v1', [5, 30]),
  ]);
  expect(trail.map(({ color }) => color)).toEqual(['v1', '-']);
});

it('leaves out what the same program called for somebody else, where it carries the id on', () => {
  const { trail } = hopsOf([
    call('web/v1', 'db/release', [9, 12], { requestId: 'other' }),
    call('web/v1', 'api/v1', [10, 20]),
    call('web/v1', 'db/v1', [40, 50]),
    call('gateway', 'web/v1', [5, 30]),
  ]);
  expect(trail.map(({ service }) => service)).toEqual(['web', 'api']);
});

it('tells of calls that nobody served, and of programs that called nobody', () => {
  const { failures, silent } = hopsOf([
    call('web/v1', 'db/none', [10, 20], { status: 503, flags: ['UH'] }),
    call('web/v1', 'api/v1', [20, 25]),
    call('web/v1', 'elsewhere/none', [25, 26], { upstreamHost: '192.0.2.1:80' }),
    call('gateway', 'web/v1', [5, 30]),
  ]);
  expect(failures).toEqual(['db did not answer web/v1: 503 (UH)']);
  expect(silent).toEqual([{ caller: 'api/v1', calls: ['db'] }]);
});

it('says so where the gateway asked none of the services', () => {
  const { failures } = hopsOf([call('gateway', 'elsewhere/none', [5, 30], { status: 404, flags: ['NR'] })]);
  expect(failures).toEqual(['none of the services was asked: 404 (NR)']);
});
