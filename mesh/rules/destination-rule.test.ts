import { describe, expect, it } from 'vitest';
import { object, problemsOf, rulesOf } from './testing.ts';

const destinationRule = (spec: string) =>
  rulesOf(object('DestinationRule', `host: b\n${spec}`)).destinationRules[0];
const policyOf = (policy: string) => destinationRule(`trafficPolicy: ${policy}`)?.trafficPolicy;
const problems = (spec: string) =>
  problemsOf(object('DestinationRule', spec)).map((problem) =>
    problem.replace(/^\d+: DestinationRule b: /, ''),
  );

describe('DestinationRule', () => {
  it('reads subsets, ports and whom it is for', () => {
    const rule = destinationRule(`
trafficPolicy:
  loadBalancer: { simple: RANDOM }
  portLevelSettings: [{ port: { number: 80 }, loadBalancer: { simple: ROUND_ROBIN } }]
subsets:
- { name: v1, labels: { version: v1 } }
- name: v2
  trafficPolicy: { portLevelSettings: [{ port: { number: 81 }, connectionPool: { tcp: { maxConnections: 1 } } }] }
exportTo: [.]
workloadSelector: { matchLabels: { app: a } }`);
    expect(rule).toMatchObject({
      host: 'b.coloring.svc.cluster.local',
      exportTo: ['.'],
      trafficPolicy: { loadBalancer: { type: 'RANDOM' } },
      subsets: [
        { name: 'v1', labels: { version: 'v1' }, trafficPolicy: {} },
        { name: 'v2', labels: {} },
      ],
      workloadSelector: { app: 'a' },
    });
    expect(rule?.portPolicies).toEqual(new Map([[80, { loadBalancer: { type: 'ROUND_ROBIN' } }]]));
    expect(rule?.subsets[1]?.place.line).toBe(12);
    expect(rule?.subsets[1]?.portPolicies.get(81)?.connectionPool?.maxConnections).toBe(1);
    expect(Object.keys(rule?.subsets[0]?.trafficPolicy ?? { x: 1 })).toEqual([]);
  });

  it.each([
    ['UNSPECIFIED', 'LEAST_REQUEST'],
    ['LEAST_CONN', 'LEAST_REQUEST'],
    ['LEAST_REQUEST', 'LEAST_REQUEST'],
    ['ROUND_ROBIN', 'ROUND_ROBIN'],
    ['RANDOM', 'RANDOM'],
  ])('balances %s as %s', (simple, type) => {
    expect(policyOf(`{ loadBalancer: { simple: ${simple} } }`)).toEqual({ loadBalancer: { type } });
  });

  it.each([
    ['{ httpHeaderName: X-User }', { by: { type: 'header', name: 'x-user' }, minimumRingSize: 1024 }],
    ['{ useSourceIp: true }', { by: { type: 'sourceIp' } }],
    [
      '{ httpQueryParameterName: q, minimumRingSize: 10 }',
      { by: { type: 'query', name: 'q' }, minimumRingSize: 10 },
    ],
    [
      '{ httpCookie: { name: c, ttl: 0s }, ringHash: { minimumRingSize: 7 } }',
      { by: { type: 'cookie', name: 'c', path: '', ttlMs: 0 }, minimumRingSize: 7 },
    ],
    [
      '{ httpCookie: { name: c, path: /a, ttl: 1h } }',
      { by: { type: 'cookie', name: 'c', path: '/a', ttlMs: 3_600_000 } },
    ],
  ])('hashes by %s', (hash, expected) => {
    expect(policyOf(`{ loadBalancer: { consistentHash: ${hash} } }`)?.loadBalancer).toMatchObject(expected);
  });

  it('reads limits, and 0 as none', () => {
    expect(
      policyOf(`{ connectionPool: { tcp: { maxConnections: 2, connectTimeout: 3s, idleTimeout: 0s, tcpKeepalive: { time: 1s } },
        http: { http1MaxPendingRequests: 4, http2MaxRequests: 0, maxRequestsPerConnection: 1, maxRetries: 5, idleTimeout: 6s,
          useClientProtocol: true, http2KeepAlive: { interval: 1s, timeout: 1s } } } }`)?.connectionPool,
    ).toEqual({
      maxConnections: 2,
      connectTimeoutMs: 3000,
      http1MaxPendingRequests: 4,
      http2MaxRequests: undefined,
      maxRequestsPerConnection: 1,
      maxRetries: 5,
      idleTimeoutMs: 6000,
      protocol: 'client',
    });
  });

  it("fills outlier detection up with Istio's defaults", () => {
    const defaults = {
      consecutive5xxErrors: 5,
      consecutiveGatewayErrors: 0,
      intervalMs: 10_000,
      baseEjectionTimeMs: 30_000,
      maxEjectionPercent: 10,
      minHealthPercent: 0,
    };
    expect(policyOf('{ outlierDetection: {} }')?.outlierDetection).toEqual(defaults);
    expect(
      policyOf(
        '{ outlierDetection: { consecutive5xxErrors: 0, consecutiveGatewayErrors: 3, interval: 1s, maxEjectionPercent: 0 } }',
      )?.outlierDetection,
    ).toEqual({ ...defaults, consecutive5xxErrors: 0, consecutiveGatewayErrors: 3, intervalMs: 1000 });
  });

  it.each([['DISABLE'], ['ISTIO_MUTUAL']])('accepts tls mode %s, which nobody can see here', (mode) => {
    expect(policyOf(`{ tls: { mode: ${mode} } }`)).toEqual({});
  });

  it.each([
    ['subsets: []', 'spec.host: is missing'],
    ['host: ""', 'spec.host: a host must not be empty'],
    [
      'host: b\nsubsets: [{ name: v1 }, { name: v1 }]',
      'spec.subsets[1].name: v1: subsets[0] has this name already',
    ],
    ['host: b\nsubsets: [{ name: v_1 }]', 'spec.subsets[0].name: "v_1": not a name for a subset'],
    [
      'host: b\nsubsets: [{ name: v1, labels: { version: 1 } }]',
      'spec.subsets[0].labels.version: expected a string, got 1, a number; put it in quotes',
    ],
    [
      'host: b\nsubsets: [{ name: v1, labels: { version: a b } }]',
      'spec.subsets[0].labels.version: "a b" is not a label\'s value',
    ],
    ['host: b\ntrafficPolicy: {}', 'spec.trafficPolicy: needs at least one field'],
    [
      'host: b\ntrafficPolicy: { connectionPool: {} }',
      'spec.trafficPolicy.connectionPool: needs tcp, http, or both',
    ],
    [
      'host: b\ntrafficPolicy: { portLevelSettings: [{ port: { number: 80 } }] }',
      'spec.trafficPolicy.portLevelSettings[0]: needs at least one field',
    ],
    [
      'host: b\ntrafficPolicy: { loadBalancer: { simple: PASSTHROUGH } }',
      'spec.trafficPolicy.loadBalancer.simple: PASSTHROUGH: not run by the local mesh; use a cluster',
    ],
    [
      'host: b\ntrafficPolicy: { loadBalancer: { simple: RANDOM, consistentHash: { useSourceIp: true } } }',
      'spec.trafficPolicy.loadBalancer.consistentHash: not together with simple',
    ],
    [
      'host: b\ntrafficPolicy: { loadBalancer: { consistentHash: {} } }',
      'spec.trafficPolicy.loadBalancer.consistentHash: nothing to hash; needs one of httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName',
    ],
    [
      'host: b\ntrafficPolicy: { loadBalancer: { consistentHash: { maglev: { tableSize: 3 } } } }',
      'spec.trafficPolicy.loadBalancer.consistentHash.maglev: not run by the local mesh; use a cluster',
    ],
    [
      'host: b\ntrafficPolicy: { loadBalancer: { warmup: { duration: 1s } } }',
      'spec.trafficPolicy.loadBalancer.warmup: not run by the local mesh; use a cluster',
    ],
    [
      'host: b\ntrafficPolicy: { outlierDetection: { minHealthPercent: 101 } }',
      'spec.trafficPolicy.outlierDetection.minHealthPercent: 101: not in 0 to 100',
    ],
    [
      'host: b\ntrafficPolicy: { tls: { mode: SIMPLE } }',
      'spec.trafficPolicy.tls.mode: SIMPLE: not run by the local mesh; use a cluster',
    ],
    [
      'host: b\ntrafficPolicy: { tunnel: {} }',
      'spec.trafficPolicy.tunnel: not run by the local mesh; use a cluster',
    ],
    [
      'host: b\nexportTo: ["*"]\nworkloadSelector: { matchLabels: { app: a } }',
      'spec.exportTo[0]: *: with a workloadSelector only "." is allowed',
    ],
  ])('%j is refused', (spec, expected) => expect(problems(spec)).toEqual([expected]));
});
