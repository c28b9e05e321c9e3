import { describe, expect, it } from 'vitest';
import { object, problemsOf, rulesOf } from './testing.ts';

const http = 'http: [{ route: [{ destination: { host: b } }] }]';
const virtualService = (spec: string) => rulesOf(object('VirtualService', spec)).virtualServices[0];
const problems = (spec: string) =>
  problemsOf(object('VirtualService', spec)).map((problem) =>
    problem.replace(/^\d+: VirtualService b: /, ''),
  );

describe('VirtualService', () => {
  it('resolves hosts and gateways in its namespace', () => {
    expect(
      virtualService(
        `hosts: [b, c.other, "*.example.com", 10.0.0.1]\ngateways: [mesh, gw, other/gw]\nexportTo: [., x]\n${http}`,
      ),
    ).toMatchObject({
      kind: 'VirtualService',
      name: 'b',
      namespace: 'coloring',
      place: { file: 'rules.yaml', line: 1 },
      hosts: ['b.coloring.svc.cluster.local', 'c.other', '*.example.com', '10.0.0.1'],
      gateways: ['mesh', 'coloring/gw', 'other/gw'],
      exportTo: ['.', 'x'],
    });
  });

  it('means the mesh, and everybody, where nothing else is written', () => {
    expect(virtualService(`hosts: [b]\ngateways: []\n${http}`)).toMatchObject({
      gateways: ['mesh'],
      exportTo: ['*'],
    });
  });

  it.each(['v1', 'v1beta1', 'v1alpha3'])('is read in %s', (version) => {
    const text = object('VirtualService', `hosts: [b]\n${http}`).replace('/v1\n', `/${version}\n`);
    expect(rulesOf(text).virtualServices).toHaveLength(1);
  });

  it.each([
    [
      `hosts: ["*"]\n${http}`,
      'spec.hosts[0]: *: not together with the gateway mesh; name the hosts or a Gateway',
    ],
    [
      `hosts: ["*"]\ngateways: [mesh, gw]\n${http}`,
      'spec.hosts[0]: *: not together with the gateway mesh; name the hosts or a Gateway',
    ],
    [`hosts: [b, b]\n${http}`, 'spec.hosts[1]: b: already covered by b'],
    [`hosts: [a.foo.com, "*.com"]\n${http}`, 'spec.hosts[1]: *.com: already covered by a.foo.com'],
    [`hosts: [a_b]\n${http}`, 'spec.hosts[0]: "a_b": not a host, because of "a_b"'],
    [http, 'spec.hosts: without hosts it is a delegate, which is not run by the local mesh; use a cluster'],
    ['hosts: [b]', 'spec.http: needs at least one route'],
    ['hosts: [b]\nhttp: []', 'spec.http: needs at least one route'],
    ['hosts: [b]\nhttp:', 'spec.http: expected a list, got nothing (null)'],
    ['hosts: [b]\ntcp: []', 'spec.tcp: not run by the local mesh; use a cluster'],
    [`hosts: [b]\ntls: [{}]\n${http}`, 'spec.tls: not run by the local mesh; use a cluster'],
    [`hosts: b\n${http}`, 'spec.hosts: expected a list, got "b"'],
    [`host: [b]\nhosts: [b]\n${http}`, 'spec.host: unknown field; did you mean hosts?'],
    [`hosts: [b]\ngateways: [a_b]\n${http}`, 'spec.gateways[0]: "a_b": not a host, because of "a_b"'],
    [`hosts: [b]\nexportTo: ["~"]\n${http}`, 'spec.exportTo[0]: "~": not ".", "*" or a namespace'],
    [`hosts: [b]\nexportTo: [., coloring]\n${http}`, 'spec.exportTo[1]: coloring: twice in the list'],
    [
      `hosts: [b]\nexportTo: ["*", x]\n${http}`,
      'spec.exportTo[0]: *: everybody, so nothing may stand beside it',
    ],
  ])('%j is refused', (spec, expected) => expect(problems(spec)).toEqual([expected]));

  it('takes "*" on a gateway', () => {
    expect(virtualService(`hosts: ["*"]\ngateways: [gw]\n${http}`)?.hosts).toEqual(['*']);
  });
});
