import { describe, expect, it } from 'vitest';
import { object, problemsOf, rulesOf } from './testing.ts';

const httpPort = 'ports: [{ number: 80, name: http, protocol: HTTP }]';
const problems = (spec: string) =>
  problemsOf(object('ServiceEntry', spec)).map((problem) => problem.replace(/^\d+: ServiceEntry b: /, ''));

describe('ServiceEntry', () => {
  it('reads hosts, ports and endpoints', () => {
    const [entry] = rulesOf(
      object(
        'ServiceEntry',
        `hosts: [api.example.com]
ports: [{ number: 80, name: http, targetPort: 8080 }]
addresses: [240.0.0.1, 10.0.0.0/8, "::1"]
resolution: STATIC
location: MESH_INTERNAL
endpoints: [{ address: 127.0.0.1, ports: { http: 9000 }, labels: { version: v1 }, serviceAccount: x }]
exportTo: ["~"]`,
      ),
    ).serviceEntries;
    expect(entry).toMatchObject({
      hosts: ['api.example.com'],
      ports: [{ number: 80, name: 'http', protocol: 'HTTP', targetPort: 8080 }],
      resolution: 'STATIC',
      endpoints: [{ address: '127.0.0.1', ports: new Map([['http', 9000]]), labels: { version: 'v1' } }],
      exportTo: ['~'],
    });
  });

  it('is found by no name where nothing else is written', () => {
    expect(
      rulesOf(object('ServiceEntry', `hosts: ["*.example.com"]\n${httpPort}`)).serviceEntries[0],
    ).toMatchObject({
      hosts: ['*.example.com'],
      resolution: 'NONE',
      endpoints: [],
      exportTo: [],
    });
  });

  it.each([
    [httpPort, 'spec.hosts: is missing'],
    [`hosts: []\n${httpPort}`, 'spec.hosts: needs at least one host'],
    [`hosts: ["*"]\n${httpPort}`, 'spec.hosts[0]: *: too wide for a ServiceEntry'],
    [
      `hosts: ["*.a.com"]\nresolution: DNS\n${httpPort}`,
      'spec.hosts[0]: *.a.com: resolution DNS needs endpoints for it',
    ],
    [
      `hosts: ["*.a.com"]\nresolution: DYNAMIC_DNS\n${httpPort}`,
      'spec.resolution: DYNAMIC_DNS: not run by the local mesh; use a cluster',
    ],
    [
      `hosts: [a.com]\nendpoints: [{ address: 1.2.3.4 }]\n${httpPort}`,
      'spec.endpoints: not with resolution NONE',
    ],
    [
      `hosts: [a.com]\nresolution: STATIC\nendpoints: [{ address: c.com }]\n${httpPort}`,
      'spec.endpoints[0].address: "c.com": resolution STATIC needs an IP address',
    ],
    [
      `hosts: [a.com]\nresolution: STATIC\nendpoints: [{ address: "unix:///a" }]\n${httpPort}`,
      'spec.endpoints[0].address: Unix sockets: not run by the local mesh; use a cluster',
    ],
    [
      `hosts: [a.com]\nresolution: DNS\nendpoints: [{ address: a_b }]\n${httpPort}`,
      'spec.endpoints[0].address: "a_b": resolution DNS needs an IP address or a host',
    ],
    [
      `hosts: [a.com]\nresolution: DNS\nendpoints: [{ address: c.com, ports: { grpc: 1 } }]\n${httpPort}`,
      'spec.endpoints[0].ports.grpc: grpc: not one of spec.ports',
    ],
    [
      `hosts: [a.com]\nresolution: DNS_ROUND_ROBIN\nendpoints: [{ address: c.com }, { address: d.com }]\n${httpPort}`,
      'spec.endpoints: one at most with resolution DNS_ROUND_ROBIN',
    ],
    [
      `hosts: [a.com]\nresolution: DNS\naddresses: [10.0.0.0/8]\n${httpPort}`,
      'spec.addresses: CIDRs are not for resolution DNS',
    ],
    [
      `hosts: [a.com]\naddresses: [1.2.3.4/33]\n${httpPort}`,
      'spec.addresses[0]: "1.2.3.4/33": not an IP address or CIDR',
    ],
    [
      'hosts: [a.com]\nports: [{ number: 80, name: a }, { number: 80, name: b }]',
      'spec.ports[1].number: 80: twice',
    ],
    [
      'hosts: [a.com]\nports: [{ number: 80, name: a }, { number: 81, name: a }]',
      'spec.ports[1].name: a: twice',
    ],
    [
      'hosts: [a.com]\nports: [{ number: 443, name: tls, protocol: TLS }]',
      'spec.ports[0].protocol: TLS: not run by the local mesh; use a cluster',
    ],
    [
      `hosts: [a.com]\nworkloadSelector: { labels: { app: a } }\n${httpPort}`,
      'spec.workloadSelector: not run by the local mesh; use a cluster',
    ],
    [
      `hosts: [a.com]\nlocation: OUTSIDE\n${httpPort}`,
      'spec.location: "OUTSIDE": not one of MESH_EXTERNAL, MESH_INTERNAL',
    ],
    [
      'hosts: [a.com, b.com]\nresolution: DNS\nports: [{ number: 80, name: http }]',
      'spec.ports[0].protocol: is missing; several hosts can share a port only where it is HTTP',
    ],
  ])('%j is refused', (spec, expected) => expect(problems(spec)).toEqual([expected]));
});
