import { describe, expect, it } from 'vitest';
import { decided, gateway, tableOf, wayOf } from './testing.ts';

function gatewayRule(spec: string, name = 'gw'): string {
  return `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: ${name} }
spec:
  selector: { istio: ingressgateway }
  servers: [${spec}]`;
}

/** Its only route is named as it is and answers by itself. */
function virtualService(name: string, hosts: string, more = '', match = ''): string {
  return `
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name} }
spec:
  hosts: ${hosts}
  gateways: [gw]
  ${more}
  http: [{ name: ${name}, ${match} directResponse: { status: 200 } }]`;
}

const anyHost = gatewayRule('{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }');
const tableFor = (rules: string, proxy = gateway) => tableOf({ rules, proxy });

/** The name of the route that answers, or what happens instead. */
function answer(rules: string, authority: string, path = '/', port = 80): string {
  const decision = decided(tableFor(rules), { authority, path, port });
  return decision.type === 'direct' ? (decision.by.route.name ?? '') : decision.type;
}

describe('a gateway', () => {
  it('knows no service without a rule', () =>
    expect(wayOf(tableFor(anyHost), { authority: 'service-a', port: 80 })).toBe('noRoute'));

  it('listens on the ports of its servers', () => {
    const rules = `${anyHost}${gatewayRule('{ port: { number: 8080, name: http, protocol: HTTP }, hosts: ["*"] }', 'other')}`;
    expect([...tableFor(rules).ports.keys()]).toEqual([80, 8080]);
  });

  it('has nothing of a Gateway that selects other pods', () =>
    expect(tableFor(anyHost, { ...gateway, labels: { istio: 'egressgateway' } }).ports.size).toBe(0));

  it('has no routes of VirtualServices that name another Gateway, or mesh', () => {
    const rules = `${anyHost}${virtualService('a', '[a.com]').replace('gateways: [gw]', 'gateways: [other, mesh]')}`;
    expect(answer(rules, 'a.com')).toBe('noRoute');
  });

  it('does not see a VirtualService that is private to its namespace', () =>
    expect(answer(`${anyHost}${virtualService('a', '[a.com]', 'exportTo: ["."]')}`, 'a.com')).toBe(
      'noRoute',
    ));

  it('lets a request in by the hosts that server and VirtualService share', () => {
    const rules = `${gatewayRule('{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*.a.com", b.com] }')}${virtualService('vs', '[x.a.com, "*.b.com", c.com, "*.y.a.com"]')}`;
    expect(['x.a.com', 'y.a.com', '1.y.a.com', 'b.com', 'c.com'].map((host) => answer(rules, host))).toEqual([
      'vs',
      'noRoute',
      'vs',
      'noRoute',
      'noRoute',
    ]);
  });

  it.each([
    ['coloring/a.com', 'vs'],
    ['./a.com', 'vs'],
    ['*/a.com', 'vs'],
    ['default/a.com', 'noRoute'],
  ])('with server host %s answers a VirtualService of coloring: %s', (host, expected) =>
    expect(
      answer(
        `${gatewayRule(`{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["${host}"] }`)}${virtualService('vs', '[a.com]')}`,
        'a.com',
      ),
    ).toBe(expected),
  );

  it('takes the most specific host, in any case and with any port', () => {
    const rules = `${anyHost}${virtualService('any', '["*"]')}${virtualService('wild', '["*.a.com"]')}${virtualService('exact', '[x.a.com]')}`;
    expect(['X.A.com:8080', 'y.a.com', 'b.com'].map((host) => answer(rules, host))).toEqual([
      'exact',
      'wild',
      'any',
    ]);
  });

  it('answers 404 rather than try a less specific host when no route matches', () => {
    const rules = `${anyHost}${virtualService('any', '["*"]')}${virtualService('exact', '[a.com]', '', 'match: [{ uri: { prefix: /x } }],')}`;
    expect(answer(rules, 'a.com', '/y')).toBe('noRoute');
  });

  it('leaves a host to a less specific one where no route is for this gateway', () => {
    const rules = `${anyHost}${virtualService('any', '["*"]')}${virtualService('exact', '[a.com]', '', 'match: [{ port: 9 }],')}`;
    expect(answer(rules, 'a.com')).toBe('any');
  });

  it('never reaches a route behind one that matches everything', () => {
    const [unreachable, everything] = [
      '{ name: unreachable, match: [{ uri: { prefix: /x } }], directResponse: { status: 200 } }',
      '{ name: everything, directResponse: { status: 200 } }',
    ];
    const rules = `${anyHost}${virtualService('vs', '[a.com]').replace(/http: .*/, `http: [${everything}, ${unreachable}]`)}`;
    expect(answer(rules, 'a.com', '/x')).toBe('everything');
  });
});

describe('VirtualServices of one host', () => {
  it('merge in order, with what matches everything last', () => {
    const rules = `${anyHost}${virtualService('first', '[a.com]', '', 'match: [{ uri: { prefix: /1 } }],')}${virtualService('default', '[a.com]')}${virtualService('second', '[a.com]', '', 'match: [{ uri: { prefix: /2 } }],')}`;
    expect(['/1', '/2', '/3'].map((path) => answer(rules, 'a.com', path))).toEqual([
      'first',
      'second',
      'default',
    ]);
  });
});

describe('conditions on the way in', () => {
  const on = (match: string) =>
    answer(`${anyHost}${virtualService('vs', '[a.com]', '', `match: [${match}],`)}`, 'a.com');

  it.each([
    ['{ gateways: [gw] }', 'vs'],
    ['{ gateways: [mesh] }', 'noRoute'],
    ['{ port: 80 }', 'vs'],
    ['{ port: 8080 }', 'noRoute'],
    ['{ sourceLabels: { istio: ingressgateway } }', 'vs'],
    ['{ sourceLabels: { app: service-a } }', 'noRoute'],
    ['{ sourceNamespace: istio-system }', 'vs'],
    ['{ sourceNamespace: coloring }', 'noRoute'],
  ])('%s: %s', (match, expected) => expect(on(match)).toBe(expected));
});

describe('httpsRedirect', () => {
  const server =
    '{ port: { number: 80, name: http, protocol: HTTP }, hosts: [a.com, b.com], tls: { httpsRedirect: true } }';
  const rules = `${gatewayRule(server)}${virtualService('vs', '[a.com]')}`;

  it.each(['a.com', 'b.com:80'])('sends %s to https before any route is tried', (authority) =>
    expect(decided(tableFor(rules), { authority, port: 80, path: '/x?y=1' })).toEqual({
      type: 'redirect',
      status: 301,
      location: `https://${authority}/x?y=1`,
      responseHeaders: [],
    }),
  );

  it('leaves other hosts alone', () => expect(answer(rules, 'c.com')).toBe('noRoute'));
});

describe('a destination at the gateway', () => {
  it('without port is on the only port of its service', () => {
    const rules = `${anyHost}${virtualService('vs', '[a.com]').replace('directResponse: { status: 200 }', 'route: [{ destination: { host: service-a } }]')}`;
    expect(wayOf(tableFor(rules), { authority: 'a.com', port: 80 })).toBe(
      'outbound|31000||service-a.coloring.svc.cluster.local',
    );
  });
});
