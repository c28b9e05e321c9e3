import { describe, expect, it } from 'vitest';
import { demo, registryOf, routesOfB, sidecar, tableOf, wayOf } from './testing.ts';

const b = 'service-b.coloring.svc.cluster.local';

/** A VirtualService that answers 200, to see whether it is asked at all. */
function answering(name: string, spec: string, namespace = 'coloring'): string {
  return `
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  ${spec}
  http: [{ directResponse: { status: 200 } }]`;
}

describe('a sidecar without rules', () => {
  const table = tableOf();

  it.each([
    'service-b',
    'service-b:32000',
    'SERVICE-B',
    'service-b.coloring',
    'service-b.coloring.svc',
    b,
    `${b}.`,
    `${b}:32000`,
    'service-b:9', // Envoy ignores the port in Host; the one addressed counts
  ])('finds service-b as %s and uses all its endpoints', (authority) =>
    expect(wayOf(table, { authority })).toBe(`outbound|32000||${b}`),
  );

  it('lets a host through that it does not know', () =>
    expect(wayOf(table, { authority: 'example.com' })).toBe('PassthroughCluster'));

  it('lets a port through that no service has', () =>
    expect(wayOf(table, { port: 9999 })).toBe('PassthroughCluster'));

  it('does not know a service by its name on a port of another', () =>
    expect(wayOf(table, { port: 31000 })).toBe('PassthroughCluster'));

  it('blocks what it does not know under REGISTRY_ONLY', () => {
    const strict = tableOf({ outboundTrafficPolicy: 'REGISTRY_ONLY' });
    expect(wayOf(strict, { authority: 'example.com' })).toBe('blocked');
    expect(wayOf(strict, { port: 9999 })).toBe('blocked');
    expect(wayOf(strict)).toBe(`outbound|32000||${b}`);
  });

  it('takes an empty host for one that it does not know', () =>
    expect(wayOf(table, { authority: '' })).toBe('PassthroughCluster'));

  it('does not take the bare name for a service of another namespace', () => {
    const elsewhere = tableOf({ proxy: { ...sidecar, namespace: 'default' } });
    expect(wayOf(elsewhere, { authority: 'service-b' })).toBe('PassthroughCluster');
    expect(wayOf(elsewhere, { authority: 'service-b.coloring' })).toBe(`outbound|32000||${b}`);
  });
});

describe('a VirtualService in the mesh', () => {
  it('of a gateway alone does not steer sidecars', () =>
    expect(wayOf(tableOf({ rules: answering('b', 'hosts: [service-b]\n  gateways: [gw]') }))).toBe(
      `outbound|32000||${b}`,
    ));

  it.each([
    ['without gateways', 'hosts: [service-b]'],
    ['of a gateway and mesh', 'hosts: [service-b]\n  gateways: [gw, mesh]'],
    ['by the full name', `hosts: [${b}]`],
    ['by a wildcard', 'hosts: ["*.coloring.svc.cluster.local"]'],
  ])('%s steers them', (_, spec) => expect(wayOf(tableOf({ rules: answering('b', spec) }))).toBe('direct'));

  it('is not seen from a namespace that it is not exported to', () => {
    const rules = answering('b', 'hosts: [service-b]\n  exportTo: ["."]');
    const proxy = { ...sidecar, namespace: 'default' };
    expect(wayOf(tableOf({ rules }), {})).toBe('direct');
    expect(wayOf(tableOf({ rules, proxy }), { authority: 'service-b.coloring' })).toBe(
      `outbound|32000||${b}`,
    );
  });

  it('is seen from a namespace that it is exported to by name', () => {
    const rules = answering('b', 'hosts: [service-b]\n  exportTo: [default]');
    const proxy = { ...sidecar, namespace: 'default' };
    expect(wayOf(tableOf({ rules, proxy }), { authority: 'service-b.coloring' })).toBe('direct');
    expect(wayOf(tableOf({ rules }), {})).toBe(`outbound|32000||${b}`);
  });

  it('steers a host that no service has, on port 80 only', () => {
    const table = tableOf({ rules: answering('out', 'hosts: [example.com]') });
    expect(wayOf(table, { authority: 'example.com', port: 80 })).toBe('direct');
    expect(wayOf(table, { authority: 'example.com', port: 31000 })).toBe('PassthroughCluster');
  });

  it('leaves a host that a more specific one names', () => {
    const rules = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: all }
spec:
  hosts: ["*.coloring.svc.cluster.local"]
  http: [{ directResponse: { status: 503 } }]
${answering('b', 'hosts: [service-b]')}`;
    const table = tableOf({ rules });
    expect(wayOf(table)).toBe('direct');
    expect(table.ports.get(32000)?.byHost.find('service-b')?.routes[0]?.by?.virtualService.name).toBe('b');
    expect(table.ports.get(31000)?.byHost.find('service-a')?.routes[0]?.by?.virtualService.name).toBe('all');
  });
});

describe('two VirtualServices for one host', () => {
  const two = (first: string, second: string, names = ['first', 'second']) =>
    names
      .map(
        (name, i) => `
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name} }
spec:
  hosts: [service-b]
  http:
    - name: ${name}
      ${i === 0 ? first : second}
      directResponse: { status: 200 }`,
      )
      .join('');
  const nameOf = (rules: string) =>
    tableOf({ rules })
      .ports.get(32000)
      ?.byHost.find('service-b')
      ?.routes.map(({ name }) => name);

  it('do not merge: the first by name counts, as where both were applied in one second', () => {
    expect(nameOf(two('match: [{ uri: { prefix: /x } }]', ''))).toEqual(['first']);
    expect(nameOf(two('match: [{ uri: { prefix: /x } }]', '', ['second', 'first']))).toEqual(['first']);
  });

  it('make one virtual host, not two', () =>
    expect(
      tableOf({ rules: two('', '') })
        .ports.get(32000)
        ?.virtualHosts.map(({ name }) => name),
    ).toEqual([`${b}:32000`, 'allow_any']));

  it('the second counts where the first has no route for this caller', () =>
    expect(nameOf(two('match: [{ sourceLabels: { app: other } }]', ''))).toEqual(['second']));
});

describe('conditions on the caller', () => {
  const rules = (match: string) =>
    routesOfB(`- match: [${match}]
  directResponse: { status: 200 }
- route: [{ destination: { host: service-b } }]`);

  it.each([
    ['{ sourceLabels: { app: service-a } }', 'direct'],
    ['{ sourceLabels: { app: service-a, version: release-v1 } }', `outbound|32000||${b}`],
    ['{ sourceNamespace: coloring }', 'direct'],
    ['{ sourceNamespace: default }', `outbound|32000||${b}`],
    ['{ port: 32000 }', 'direct'],
    ['{ port: 31000 }', `outbound|32000||${b}`],
    ['{ gateways: [mesh] }', 'direct'],
    ['{ gateways: [gw] }', `outbound|32000||${b}`],
    ['{ gateways: [mesh], sourceNamespace: default }', 'direct'],
  ])('%s leads to %s', (match, way) => expect(wayOf(tableOf({ rules: rules(match) }))).toBe(way));
});

describe('a destination', () => {
  const to = (destination: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: b }
spec:
  hosts: [service-b]
  http: [{ route: [{ destination: ${destination} }] }]`;
  const a = 'service-a.coloring.svc.cluster.local';

  it.each([
    ['{ host: service-b }', `outbound|32000||${b}`],
    ['{ host: service-b, subset: release-v1 }', `outbound|32000|release-v1|${b}`],
    ['{ host: service-a, port: { number: 31000 } }', `outbound|31000||${a}`],
    // As in Istio: looked up among the services on this port, where service-a is not.
    ['{ host: service-a }', `outbound|32000||${a}`],
  ])('%s is %s', (destination, cluster) => expect(wayOf(tableOf({ rules: to(destination) }))).toBe(cluster));

  it('without port, on a service of several, is on the port addressed', () => {
    const registry = registryOf({ 'service-b.coloring:32000,32001': ['release'] });
    const table = tableOf({ rules: to('{ host: service-b }'), registry });
    expect(wayOf(table, { port: 32001 })).toBe(`outbound|32001||${b}`);
  });
});

describe('a ServiceEntry', () => {
  const entry = (spec: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: out }
spec:
  ${spec}
  ports: [{ number: 80, name: http, protocol: HTTP }]`;
  const out = { authority: 'api.example.com', port: 80 };

  it.each([
    ['hosts: [api.example.com]\n  resolution: DNS', 'outbound|80||api.example.com'],
    ['hosts: ["*.example.com"]\n  resolution: NONE', 'outbound|80||*.example.com'],
    ['hosts: [api.example.org]\n  resolution: DNS', 'blocked'],
    ['hosts: [api.example.com]\n  resolution: DNS\n  exportTo: [default]', 'blocked'],
  ])('%j opens REGISTRY_ONLY: %s', (spec, way) =>
    expect(wayOf(tableOf({ rules: entry(spec), outboundTrafficPolicy: 'REGISTRY_ONLY' }), out)).toBe(way),
  );

  it('can be steered by a VirtualService', () => {
    const rules = `${entry('hosts: [api.example.com]\n  resolution: DNS')}${answering('out', 'hosts: [api.example.com]')}`;
    expect(wayOf(tableOf({ rules, registry: demo }), out)).toBe('direct');
  });
});
