import { describe, expect, it } from 'vitest';
import { object, warningsOf } from './testing.ts';

const TO_B = 'route: [{ destination: { host: b } }]';
const virtualService = (http: string, rest = '') =>
  object('VirtualService', `hosts: [b]\n${rest}\nhttp:\n${http}`);
const unreachable = (...matches: string[]) =>
  warningsOf(virtualService(matches.map((match) => `- { ${match}${match && ', '}${TO_B} }`).join('\n'))).map(
    (warning) => warning.replace(/^\d+: VirtualService b: /, ''),
  );

describe('a route that is never reached', () => {
  const AFTER_FIRST = ['spec.http[1]: never reached: spec.http[0] comes first and takes all its requests'];

  it.each([
    ['', 'match: [{ uri: { exact: /a } }]'],
    ['', ''],
    ['match: [{}]', 'match: [{ uri: { exact: /a } }]'],
    ['match: [{ uri: { exact: /a } }, { uri: { prefix: / } }]', ''],
    ['match: [{ uri: { regex: .* } }]', 'match: [{ headers: { a: {} } }]'],
    ['match: [{ uri: { prefix: /a } }]', 'match: [{ uri: { prefix: /ab } }, { uri: { exact: /a/c } }]'],
    ['match: [{ headers: { a: { exact: b } } }]', 'match: [{ headers: { a: { exact: b }, c: {} } }]'],
    ['match: [{ headers: { a: {} } }]', 'match: [{ headers: { a: { exact: b } } }]'],
    ['match: [{ headers: { a: { regex: "b|c" } } }]', 'match: [{ headers: { a: { exact: c } } }]'],
    ['match: [{ sourceLabels: { app: a } }]', 'match: [{ sourceLabels: { app: a, version: v1 } }]'],
    [
      'match: [{ withoutHeaders: { a: {} } }]',
      'match: [{ withoutHeaders: { a: {} }, method: { exact: GET } }]',
    ],
    ['match: [{ gateways: [mesh] }]', 'match: [{ gateways: [mesh], port: 80 }]'],
  ])('%j before %j', (first, second) => expect(unreachable(first, second)).toEqual(AFTER_FIRST));

  it.each([
    ['match: [{ uri: { exact: /a } }]', ''],
    ['match: [{ uri: { prefix: /a } }]', 'match: [{ uri: { prefix: /A } }]'],
    ['match: [{ uri: { prefix: /a } }]', 'match: [{ uri: { prefix: /ab }, ignoreUriCase: true }]'],
    ['match: [{ uri: { prefix: /a } }]', 'match: [{ uri: { regex: /a } }]'],
    [
      'match: [{ headers: { a: { exact: b } } }]',
      'match: [{ headers: { a: { exact: c } } }, { headers: { a: { exact: b } } }]',
    ],
    ['match: [{ headers: { a: { exact: b } } }]', 'match: [{ headers: { a: {} } }]'],
    ['match: [{ withoutHeaders: { a: { exact: b } } }]', 'match: [{ withoutHeaders: { a: {} } }]'],
    ['match: [{ port: 80 }]', 'match: [{ port: 81 }]'],
    ['match: [{ sourceLabels: { app: a } }]', ''],
    ['match: [{ gateways: [mesh] }]', 'match: [{ method: { exact: GET } }]'],
  ])('not %j before %j', (first, second) => expect(unreachable(first, second)).toEqual([]));

  it('names the route that takes its requests', () => {
    expect(unreachable('match: [{ uri: { exact: /a } }]', 'name: all', 'match: [{ port: 1 }]')).toEqual([
      'spec.http[2]: never reached: spec.http[1] (all) comes first and takes all its requests',
    ]);
  });
});

describe('surprises', () => {
  it('names a subset that is in no DestinationRule, and those that are', () => {
    const route = virtualService(
      `- { route: [{ destination: { host: b, subset: v9 } }], mirror: { host: c, subset: v1 } }`,
    );
    const rule = object('DestinationRule', 'host: b\nsubsets: [{ name: v1 }, { name: v2 }]');
    expect(warningsOf(`${route}---\n${rule}`)).toEqual([
      '8: VirtualService b: subset "v9" is not in DestinationRule b (has: v1, v2), so it answers 503',
      '8: VirtualService b: subset "v1" is not in a DestinationRule for c.coloring.svc.cluster.local (has: none), so it answers 503',
    ]);
    expect(
      warningsOf(`${virtualService('- { route: [{ destination: { host: b, subset: v1 } }] }')}---\n${rule}`),
    ).toEqual([]);
  });

  it('finds the subset under a wildcard, but not where the host has a rule of its own', () => {
    const route = virtualService('- { route: [{ destination: { host: b.example.com, subset: v1 } }] }');
    const wide = object('DestinationRule', 'host: "*.example.com"\nsubsets: [{ name: v1 }]', 'wide');
    const own = object('DestinationRule', 'host: b.example.com', 'own');
    expect(warningsOf(`${route}---\n${wide}`)).toEqual([]);
    expect(warningsOf(`${route}---\n${wide}---\n${own}`)).toHaveLength(1);
  });

  it('names a Gateway that is not there, and a host that it does not listen for', () => {
    const gateway = object(
      'Gateway',
      'servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [other/*.com, c.org] }]',
      'gw',
    );
    const route = object(
      'VirtualService',
      `hosts: [b.com, c.org]\ngateways: [gw, nope]\nhttp: [{ ${TO_B} }]`,
    );
    expect(warningsOf(`${route}---\n${gateway}`)).toEqual([
      '1: VirtualService b: spec.hosts: b.com: Gateway coloring/gw does not listen for it',
      '1: VirtualService b: spec.gateways: coloring/nope: no such Gateway in these files',
    ]);
  });

  it('names two VirtualServices for one host in the mesh, though not on a gateway', () => {
    const first = virtualService(`- { ${TO_B} }`);
    const second = object(
      'VirtualService',
      `hosts: [b.coloring.svc.cluster.local]\nhttp: [{ ${TO_B} }]`,
      'c',
    );
    expect(warningsOf(`${first}---\n${second}`)).toEqual([
      '10: VirtualService c: spec.hosts: b.coloring.svc.cluster.local: VirtualService b (rules.yaml:1) has this host as well; sidecars obey one of them only',
    ]);
  });

  it('names a fault for nobody', () => {
    expect(warningsOf(virtualService(`- { ${TO_B}, fault: { abort: { httpStatus: 500 } } }`))).toEqual([
      '8: VirtualService b: spec.http[0].fault.abort: without a percentage above 0 no request gets it',
    ]);
  });

  it('names a fallback for a route or to a cluster that is not there', () => {
    const patch = (route: string) =>
      `- { applyTo: HTTP_ROUTE, match: { routeConfiguration: { vhost: { route: { name: ${route} } } } }, patch: { operation: MERGE, value: { route: { cluster: x } } } }`;
    const filter = object('EnvoyFilter', `configPatches:\n${patch('b/v1')}\n${patch('b/v2')}`);
    expect(warningsOf(`${virtualService(`- { name: b/v1, ${TO_B} }`)}---\n${filter}`)).toEqual([
      '15: EnvoyFilter b: x: no EnvoyFilter adds this cluster, so b/v1 answers 503',
      '16: EnvoyFilter b: b/v2: no VirtualService has a route of this name',
    ]);
  });

  it('costs little with a thousand versions', () => {
    const versions = Array.from(
      { length: 1000 },
      (_, i) => `match: [{ headers: { project-version: { exact: v${i} } } }]`,
    );
    expect(
      unreachable(...versions, 'match: [{ headers: { project-version: { exact: v500 } } }]', ''),
    ).toEqual(['spec.http[1000]: never reached: spec.http[500] comes first and takes all its requests']);
  });
});
