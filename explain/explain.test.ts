import { beforeAll, describe, expect, it } from 'vitest';
import { type Lanes, parseLanes, readLanes } from '../lanes/lanes.ts';
import { readRules } from '../lanes/rules.ts';
import type { RequestHead } from '../mesh/routing/decision.ts';
import { printWalk, walkAsData } from './print.ts';
import { type Caller, sidecarOf, type WrittenMesh, walk } from './walk.ts';

let mesh: WrittenMesh;
beforeAll(async () => {
  const lanes = await readLanes('lanes.yaml');
  mesh = { lanes, rules: (await readRules('istio', lanes)).rules, outboundTrafficPolicy: 'ALLOW_ANY' };
});

const gateway: Caller = {
  type: 'proxy',
  proxy: { type: 'gateway', name: 'gateway', namespace: 'istio-system', labels: { istio: 'ingressgateway' } },
};

function request(headers: RequestHead['headers'], authority = 'localhost:8080', port = 80): RequestHead {
  return { method: 'GET', path: '/', authority, scheme: 'http', port, headers };
}

/** `gateway > service-a/release`, a line for each hop. */
function steps(caller: Caller, head: RequestHead, inMesh: WrittenMesh = mesh): string[] {
  return walkAsData(inMesh.lanes, walk(inMesh, caller, head)).map(
    ({ caller, servedBy, outcome }) => `${caller} > ${outcome ?? servedBy.map(nameOf).join(', ')}`,
  );
}

function nameOf(one: ReturnType<typeof walkAsData>[number]['servedBy'][number]): string {
  return 'service' in one ? `${one.service}/${one.version}` : JSON.stringify(one);
}

describe('walk', () => {
  it.each([
    ['release-v1', 'release-v1', 'release-v1'],
    ['release-v2', 'release-v2', 'release'],
    ['release-v3', 'release', 'release-v3'],
    ['release-v9', 'release', 'release'],
    ['Release_V1', 'release', 'release'],
  ])('follows colour %s', (color, a, b) => {
    expect(steps(gateway, request({ 'project-version': color }))).toEqual([
      `gateway > service-a/${a}`,
      `service-a/${a} > service-b/${b}`,
    ]);
  });

  it('starts where the client is', () => {
    const [service] = mesh.lanes.services;
    const version = service?.versions[1];
    if (!service || !version) throw new Error('lanes.yaml has two versions of service-a');
    const caller: Caller = { type: 'proxy', proxy: sidecarOf(service, version) };
    expect(steps(caller, request({ 'project-version': 'release-v3' }, 'service-b:32000', 32000))).toEqual([
      'service-a/release-v1 > service-b/release-v3',
    ]);
  });

  it('tells gRPC of a failure in its own words', () => {
    const lanes = parseLanes(
      'services: { api: { port: 50051, protocol: grpc, versions: [{ name: release, ready: false }] } }',
    );
    const caller: Caller = {
      type: 'proxy',
      proxy: { type: 'sidecar', name: 'web', namespace: 'coloring', labels: {} },
    };
    const failing = { ...mesh, lanes, rules: { ...mesh.rules, virtualServices: [], destinationRules: [] } };
    const call = request({ 'content-type': 'application/grpc' }, 'api:50051', 50051);
    expect(steps(caller, call, failing)[0]).toMatch(
      /^web > grpc-status 14 \(UNAVAILABLE\): no healthy upstream \(UH\)/,
    );
    expect(steps(caller, request({}, 'api:50051', 50051), failing)[0]).toMatch(
      /^web > 503: no healthy upstream \(UH\)/,
    );
  });

  it('asks no rule for a client without sidecar, and follows each version that may answer', () => {
    const caller: Caller = { type: 'plain', name: 'curl', namespace: 'default' };
    expect(steps(caller, request({}, 'service-a.coloring:31000', 31000))).toEqual([
      'default/curl > service-a/release, service-a/release-v1, service-a/release-v2',
      'service-a/release > service-b/release',
      'service-a/release-v1 > service-b/release',
      'service-a/release-v2 > service-b/release',
    ]);
    expect(steps(caller, request({}, 'service-a:31000', 31000))).toEqual([
      'default/curl > no service is called service-a',
    ]);
  });

  it('takes a version that is not ready for what the rules make of it', () => {
    const text = `
baseline: release
services:
  service-a: { port: 31000, calls: service-b, versions: [release, { name: release-v1, ready: false }, release-v2] }
  service-b: { port: 32000, versions: [release, release-v1, release-v3] }`;
    const lanes: Lanes = parseLanes(text);
    const lame = { ...mesh, lanes };
    expect(steps(gateway, request({ 'project-version': 'release-v1' }), lame)[0]).toBe(
      'gateway > service-a/release',
    );
    const stock = { ...lame, rules: { ...mesh.rules, fallbackFilters: [] } };
    expect(steps(gateway, request({ 'project-version': 'release-v1' }), stock)).toEqual([
      'gateway > 503: no healthy upstream (UH): subset "release-v1" of service-a.coloring.svc.cluster.local has nobody ready (not ready: release-v1-0)',
    ]);
  });

  it('carries on what the version adds to the allow-list', async () => {
    const lanes = await readLanes('test/worlds/bookinfo/lanes.yaml');
    const { rules } = await readRules('test/worlds/bookinfo/base', lanes);
    const bookinfo: WrittenMesh = { lanes, rules, outboundTrafficPolicy: 'ALLOW_ANY' };
    const head = {
      ...request({ 'end-user': 'zack', cookie: 'x=1' }, 'localhost', 8080),
      path: '/productpage',
    };
    const [, second] = walkAsData(lanes, walk(bookinfo, gateway, head));
    expect(second?.request.headers).toEqual({ 'end-user': 'zack', 'project-version': '-' });
  });
});

describe('printWalk', () => {
  it('names rule, line, route and reason', () => {
    const hops = walk(mesh, gateway, request({ 'project-version': 'release-v3' }));
    const lines = printWalk(mesh.lanes, hops).split('\n');
    expect(lines[0]).toBe('1. gateway: GET http://localhost:8080/  project-version: release-v3');
    expect(lines[1]).toMatch(
      /^ {3}✗ istio\/service-a\.yaml:\d+ {2}service-a\/release-v1 +header project-version is "release-v3", not exactly "release-v1"$/,
    );
    // The links of lanes, which are for requests without a colour.
    expect(lines[3]).toMatch(
      /^ {3}✗ istio\/links\.yaml:\d+ {6}VirtualService coloring\/service-a-links {2}none of its \d+ routes takes this/,
    );
    expect(lines[4]).toMatch(/^ {3}✓ istio\/service-a\.yaml:\d+ {2}service-a\/release +decides$/);
    expect(lines.at(-1)).toBe('   → service-b/release-v3');
  });

  it('says why no virtual host is taken', () => {
    const hops = walk({ ...mesh, rules: { ...mesh.rules, virtualServices: [] } }, gateway, request({}));
    expect(printWalk(mesh.lanes, hops)).toContain('→ 404: no route (NR)');
  });
});
