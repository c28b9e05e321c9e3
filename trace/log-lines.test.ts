/** Lines that real proxies wrote (trace/recordings: `POD LINE`), read and joined. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { arrivedColor, colorWord, gateway, isEntrance, type Party, partyName, sentColor } from './hop.ts';
import type { TracedRequest } from './join.ts';
import { coloredFormat, istioFormat, lineReader } from './log-format.ts';
import { type Directory, hopOf } from './log-hop.ts';
import { requestsOf } from './requests.ts';
import { routeColors } from './route-colors.ts';

const header = 'project-version';
const party = (service: string, version: string, instance: string): Party => ({ service, version, instance });

/** The pods of the recordings, by name and by address. */
const pods: Record<string, [address: string, Party]> = {
  'istio-ingressgateway': ['10.244.0.5', { ...gateway, instance: 'istio-ingressgateway' }],
  'service-a-release-5995764fcd-wslls': ['10.244.0.10', party('service-a', 'release', 'a')],
  'service-b-release-v3-58b4866684-q6r76': ['10.244.0.6', party('service-b', 'release-v3', 'b')],
};
for (const [index, name] of [
  'stock-release',
  'stock-drops',
  'stock-id',
  'api-drops',
  'api-id',
  'api-release',
  'api-changes',
  'web-release',
  'web-drops',
].entries()) {
  const [service = '', version = ''] = name.split('-');
  pods[name] = [`10.244.0.${16 + index}`, party(service, version, name)];
}
const parties = new Map(Object.values(pods));

/** What had routes of its own when the lines were recorded. */
const lanesOf = {
  'service-a': ['release-v1', 'release-v2'],
  'service-b': ['release-v1', 'release-v3'],
  web: ['drops'],
  api: ['drops', 'changes', 'id'],
  stock: ['drops', 'id'],
};
const colors = routeColors(
  Object.entries(lanesOf).map(([service, lanes]) => ({
    http: [
      ...lanes.map((color) => ({
        name: `${service}/${color}`,
        match: [{ headers: { [header]: { exact: color } } }],
      })),
      { name: `${service}/release` },
    ],
  })),
  header,
);
const directory: Directory = { at: (address) => parties.get(address), route: (name) => colors.get(name) };

function recorded(file: string, withColor = true): TracedRequest[] {
  const read = lineReader({ header });
  const lines = readFileSync(`trace/recordings/${file}`, 'utf8').trim().split('\n');
  const hops = lines.flatMap((line) => {
    const pod = line.split(' ', 1)[0] ?? '';
    const found = read(line.slice(pod.length + 1));
    if (found && !withColor) delete found.color;
    // Of a pod of the chain the hash is left away.
    const proxy = pods[pod] ?? pods[pod.split('-').slice(0, 2).join('-')];
    const hop = found && hopOf(found, proxy?.[1] as Party, directory);
    return hop ? [hop] : [];
  });
  expect(hops.length).toBe(lines.length);
  return requestsOf(hops, isEntrance);
}

const told = ({ hops }: TracedRequest) =>
  hops.map((hop) => {
    const [sent, arrived] = [sentColor(hop), arrivedColor(hop)].map(colorWord);
    return `${partyName(hop.from)} > ${hop.to && partyName(hop.to)} ${sent} ${arrived} ${hop.route} ${hop.view?.by}`;
  });

describe('a request through gateway and sidecars is one, both ends of each hop joined', () => {
  it("in Istio's default format, by the routes' names", () => {
    const [request, ...others] = recorded('istio-default.log');
    expect(others).toEqual([]);
    expect(request && told(request)).toEqual([
      'gateway > service-a/release ? ? service-a/release both',
      'service-a/release > service-b/release-v3 release-v3 release-v3 service-b/release-v3 both',
    ]);
  });

  it.each(['istio-colored.log', 'istio-json.log'])('with the colour in %s', (file) => {
    const [request, ...others] = recorded(file);
    expect(others).toEqual([]);
    expect(request && told(request)).toEqual([
      'gateway > service-a/release release-v3 release-v3 service-a/release both',
      'service-a/release > service-b/release-v3 release-v3 release-v3 service-b/release-v3 both',
    ]);
  });
});

describe('a chain of three, recorded', () => {
  const losses = (withColor: boolean) =>
    recorded('chain.log', withColor).flatMap((request) =>
      request.losses.map(({ by, what, cameIn, wentOut }) => [partyName(by), what, cameIn, wentOut]),
    );

  it('names who drops the colour, changes it, and begins a new request id', () => {
    expect(losses(true).sort()).toEqual([
      ['api/changes', 'changed', 'changes', 'release-v9'],
      ['api/drops', 'dropped', 'drops', undefined],
      ['api/id', 'request-id', undefined, undefined],
    ]);
  });

  it('without the colour in the log, where a route of that colour is', () => {
    // stock has no route for `changes`: nobody can say what went there.
    expect(losses(false).sort()).toEqual([
      ['api/drops', 'dropped', 'drops', undefined],
      ['api/id', 'request-id', undefined, undefined],
    ]);
  });
});

describe('a line', () => {
  const [, line = ''] = readFileSync('trace/recordings/istio-default.log', 'utf8').split(/\n?\S+ (?=\[2)/);
  const read = lineReader({ header });

  it('holds what a client wrote, whatever it is', () => {
    const hostile = line.replace('curl/7.88.1', 'a" "b" "c %x% "d');
    expect(read(hostile)).toMatchObject({ userAgent: 'a" "b" "c %x% "d', route: 'service-a/release' });
    expect(read(`${line} "a""`)).toMatchObject({ color: 'a"', route: 'service-a/release' });
  });

  it.each([
    ['of another program', '2026-11-26T01:28:16.998544Z\tinfo\tEnvoy proxy is ready'],
    ['that is cut off', '[2026-11-26T01:36:24.097Z] "GET /x?y=1 HTTP/1.1" 200 - via_ups'],
    ['of JSON that is cut off', '{"start_time":"2026-11-26T01:36:24.097Z","meth'],
    ['of JSON that is no request', '{"level":"info","time":"2026-11-26T01:28:16.998544Z","msg":"ready"}'],
    ['without anything', ''],
  ])('%s is none', (_, other) => {
    expect(read(other)).toBe(undefined);
  });

  it("of a format of one's own is read by it", () => {
    const own =
      '%START_TIME% %REQ(x-lane)% %REQ(X-REQUEST-ID)% %ROUTE_NAME% [%REQ(USER-AGENT)%] %UPSTREAM_CLUSTER%';
    expect(lineReader({ header: 'x-lane', texts: [own] })('now v1 id r [a b] outbound|80||x.y')).toEqual({
      startTime: 'now',
      color: 'v1',
      requestId: 'id',
      route: 'r',
      userAgent: 'a b',
      upstreamCluster: 'outbound|80||x.y',
    });
  });
});

it('the format that kind:up sets is the one that trace prints', () => {
  const { meshConfig } = parse(readFileSync('istio/install/istiod.yaml', 'utf8'));
  expect(meshConfig.accessLogFormat).toBe(coloredFormat(header));
  expect(coloredFormat(header).startsWith(istioFormat)).toBe(true);
});

describe('routeColors', () => {
  const of = (http: object[]) => Object.fromEntries(routeColors([{ http }], header));
  const exact = (color: string) => ({ headers: { 'Project-Version': { exact: color } } });

  it('a route below is of none of the colours that those above take by themselves', () => {
    expect(
      of([
        { name: 'v1', match: [exact('v1')] },
        { name: 'v2 at /x', match: [{ ...exact('v2'), uri: { prefix: '/x' } }] },
        { name: 'rest' },
      ]),
    ).toEqual({
      v1: { matched: { color: 'v1' } },
      'v2 at /x': { matched: { color: 'v2' } },
      rest: { matched: { noneOf: ['v1'] } },
    });
  });

  it('a route that sets the colour hides what the caller sent, unless it asks for it', () => {
    const headers = { request: { set: { [header]: 'v1' } } };
    expect(
      of([
        { name: 'callback', match: [{ withoutHeaders: { [header]: {} } }], headers },
        { name: 'weighted', route: [{ headers }] },
      ]),
    ).toEqual({ callback: { matched: { color: '-' }, sets: true }, weighted: { sets: true } });
  });

  it('of a name that two routes have it says what is true of both', () => {
    expect(of([{ name: 'x', match: [exact('v1')] }, { name: 'x' }])).toEqual({ x: {} });
  });
});
