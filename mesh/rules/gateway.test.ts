import { describe, expect, it } from 'vitest';
import { object, problemsOf, rulesOf } from './testing.ts';

const server = (rest: string, port = '{ number: 80, name: http, protocol: HTTP }') =>
  `servers: [{ port: ${port}, ${rest} }]`;
const problems = (spec: string, name?: string) =>
  problemsOf(object('Gateway', spec, name)).map((problem) => problem.replace(/^\d+: Gateway \S+: /, ''));

describe('Gateway', () => {
  it('reads servers and whose they are', () => {
    const spec = `selector: { istio: ingressgateway }\n${server(
      'hosts: ["*", ./b.example.com, other/*.example.com], name: first, tls: { httpsRedirect: true }',
      '{ number: 8080, name: http, protocol: http2 }',
    )}`;
    expect(rulesOf(object('Gateway', spec)).gateways).toMatchObject([
      {
        kind: 'Gateway',
        selector: { istio: 'ingressgateway' },
        servers: [
          {
            port: { number: 8080, name: 'http', protocol: 'HTTP2' },
            hosts: [
              { namespace: '*', host: '*' },
              { namespace: 'coloring', host: 'b.example.com' },
              { namespace: 'other', host: '*.example.com' },
            ],
            httpsRedirect: true,
          },
        ],
      },
    ]);
  });

  it.each([
    ['selector: { a: b }', 'spec.servers: needs at least one server'],
    ['servers: [{ hosts: ["*"] }]', 'spec.servers[0].port: is missing'],
    [server('hosts: []'), 'spec.servers[0].hosts: needs at least one host'],
    [
      server('hosts: [short]'),
      'spec.servers[0].hosts[0]: "short": short names cannot be used in a Gateway; write the whole name',
    ],
    [server('hosts: [a_b/*]'), 'spec.servers[0].hosts[0]: "a_b/*": "a_b" is not a namespace, "*" or "."'],
    [
      server('hosts: ["*"]', '{ number: 0, name: http, protocol: HTTP }'),
      'spec.servers[0].port.number: 0: not in 1 to 65535',
    ],
    [
      server('hosts: ["*"]', '{ number: 443, name: https, protocol: HTTPS }'),
      'spec.servers[0].port.protocol: HTTPS: not run by the local mesh; use a cluster',
    ],
    [
      server('hosts: ["*"]', '{ number: 80, name: http, protocol: HTP }'),
      'spec.servers[0].port.protocol: "HTP": not a protocol that Istio knows; HTTP is the one for this',
    ],
    [
      server('hosts: ["*"]', '{ number: 80, name: "", protocol: HTTP }'),
      'spec.servers[0].port.name: must not be empty',
    ],
    [
      server('hosts: ["*"]', '{ number: 80, targetPort: 81, name: http, protocol: HTTP }'),
      'spec.servers[0].port.targetPort: Istio does not run it either',
    ],
    [
      server('hosts: ["*"], tls: { mode: SIMPLE }'),
      'spec.servers[0].tls.mode: SIMPLE: not run by the local mesh; use a cluster',
    ],
    [
      server('hosts: ["*"], tls: { credentialName: x }'),
      'spec.servers[0].tls.credentialName: not run by the local mesh; use a cluster',
    ],
    [server('hosts: ["*"], bind: 0.0.0.0'), 'spec.servers[0].bind: not run by the local mesh; use a cluster'],
  ])('%j is refused', (spec, expected) => expect(problems(spec)).toEqual([expected]));

  it('refuses two ports of one name, and a name with dots', () => {
    const port = '{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }';
    expect(problems(`servers: [${port}, ${port}]`)).toEqual([
      "spec.servers[1].port.name: http: another server's port has this name",
    ]);
    expect(problems(`servers: [${port}]`, 'a.b')).toEqual([
      "metadata.name: a.b: a Gateway's name has no dots and at most 63 characters",
    ]);
  });
});
