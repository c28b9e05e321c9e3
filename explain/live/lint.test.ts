import { expect, it } from 'vitest';
import { formatFinding } from '../../lanes/lint/lint.ts';
import { lintMesh } from './lint.ts';
import { liveMesh, podOf, serviceOf } from './testing.ts';

const pods = [
  podOf('api-v1-abc-1', 'api', 'v1', '10.1.0.2'),
  podOf('api-v2-abc-1', 'api', 'v2', '10.1.0.3'),
  podOf('web-v1-abc-1', 'web', 'v1', '10.1.0.4'),
  podOf('web-v2-abc-1', 'web', 'v2', '10.1.0.5'),
  serviceOf('api', '{ name: http, port: 80 }', [
    { name: 'api-v1-abc-1', ip: '10.1.0.2' },
    { name: 'api-v2-abc-1', ip: '10.1.0.3' },
  ]),
  serviceOf('web', '{ name: http, port: 80 }', [
    { name: 'web-v1-abc-1', ip: '10.1.0.4' },
    { name: 'web-v2-abc-1', ip: '10.1.0.5' },
  ]),
];
const routes = (service: string, colors: readonly string[], created = '01') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${service}, namespace: shop, creationTimestamp: "2026-01-${created}T00:00:00Z" }
spec:
  hosts: [${service}]
  http:
${colors
  .map(
    (color) => `    - match: [{ headers: { color: { exact: ${color} } } }]
      route: [{ destination: { host: ${service}, subset: ${color} } }]`,
  )
  .join('\n')}
    - route: [{ destination: { host: ${service}, subset: v1 } }]
`;
const subsets = (service: string, versions: readonly string[]) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${service}, namespace: shop }
spec: { host: ${service}, subsets: [${versions.map((one) => `{ name: ${one}, labels: { version: ${one} } }`).join(', ')}] }
`;

const lint = (...more: string[]) => lintMesh(liveMesh([...pods, ...more].join('\n---\n'))).map(formatFinding);

it('has nothing to say where every colour is routed everywhere', () =>
  expect(
    lint(
      routes('api', ['v2']),
      subsets('api', ['v1', 'v2']),
      routes('web', ['v2']),
      subsets('web', ['v1', 'v2']),
    ),
  ).toEqual([]));

it('names a colour that another service is not routed by', () =>
  expect(
    lint(
      routes('api', ['v2']),
      subsets('api', ['v1', 'v2']),
      routes('web', []),
      subsets('web', ['v1', 'v2']),
    ),
  ).toEqual([
    'VirtualService shop/api: color: v2 is routed here, but not at web.shop, which has pods of version v2; write a route for it there too [color-routed-partly]',
  ]));

it('names subsets without pods, and pods without subset', () =>
  expect(lint(subsets('api', ['v1', 'v9']))).toEqual([
    'DestinationRule shop/api: pods of api.shop are in no subset (version v2): no route can lead to them alone [pods-without-subset]',
    expect.stringMatching(
      /^DestinationRule shop\/api subsets\[1\]: subset "v9" selects version=v9, which no endpoint .* \[subset-selects-nobody\]$/,
    ),
  ]));

it('names two writers of one host, the younger of which loses', () =>
  expect(
    lint(
      routes('api', ['v2'], '02'),
      subsets('api', ['v1', 'v2']),
      routes('api', ['v2']).replace('name: api,', 'name: other,'),
    ).join('\n'),
  ).toMatch(/has this host as well; sidecars obey one of them only \[host-steered-twice\]/));

it('notes what is not judged', () =>
  expect(
    lint(
      `${subsets('api', ['v1', 'v2'])}`.replace(
        'host: api,',
        'host: api, trafficPolicy: { tls: { mode: SIMPLE } },',
      ),
    ),
  ).toEqual(['DestinationRule shop/api: spec.trafficPolicy.tls.mode: not judged here [not-run-here]']));
