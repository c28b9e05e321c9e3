import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { withDelegates } from './delegates.ts';
import type { IstioObject } from './resources.ts';

function rule(name: string, spec: string, namespace = 'shop'): IstioObject {
  const metadata = { name, namespace };
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec: parse(spec) };
}

const route = '[{ destination: { host: b } }]';

/** The match of the one route that comes of both, or why there is none. */
function merged(root: string, leaf: string): unknown {
  const rooted = rule('root', `{ hosts: [b], http: [{ match: ${root}, delegate: { name: leaf } }] }`);
  const delegate = rule('leaf', `{ http: [{ match: ${leaf}, route: ${route} }] }`);
  const { routes, lost } = withDelegates(rooted, [rooted, delegate]);
  return routes[0]?.route.match ?? lost[0]?.message;
}

describe('a delegate', () => {
  it.each([
    ['[{ uri: { prefix: /a } }]', '[{ uri: { prefix: /a/b } }]', [{ uri: { prefix: '/a/b' } }]],
    ['[{ uri: { prefix: /a } }]', '[{ uri: { exact: /a/b } }]', [{ uri: { exact: '/a/b' } }]],
    ['[{ uri: { prefix: /a } }]', '[{ port: 80 }]', [{ uri: { prefix: '/a' }, port: 80 }]],
    [
      '[{ headers: { x: { exact: "1" } } }]',
      '[{ headers: { y: { exact: "2" } } }]',
      [{ headers: { x: { exact: '1' }, y: { exact: '2' } } }],
    ],
  ])('%s and %s are one match', (root, leaf, expected) => expect(merged(root, leaf)).toEqual(expected));

  it.each([
    ['[{ uri: { prefix: /a } }]', '[{ uri: { prefix: /b } }]'],
    ['[{ uri: { exact: /a } }]', '[{ uri: { prefix: /a } }]'],
    ['[{ uri: { regex: "/a.*" } }]', '[{ uri: { prefix: /a } }]'],
    ['[{ port: 80 }]', '[{ port: 81 }]'],
    ['[{ ignoreUriCase: true }]', '[{ method: { exact: GET } }]'],
    ['[{ gateways: [mesh] }]', '[{ gateways: [shop/door] }]'],
    ['[{ sourceLabels: { app: a } }]', '[{ sourceLabels: { app: b } }]'],
  ])('%s and %s contradict each other', (root, leaf) => expect(merged(root, leaf)).toMatch(/contradicts/));

  it('takes over what it does not say itself, and reads short names in its own namespace', () => {
    const root = rule(
      'root',
      '{ hosts: [b], http: [{ name: r, timeout: 3s, delegate: { name: leaf, namespace: far } }] }',
    );
    const leaf = rule('leaf', `{ http: [{ name: l, route: ${route} }] }`, 'far');
    expect(withDelegates(root, [root, leaf]).routes).toEqual([
      {
        from: 'VirtualService far/leaf http[0]',
        route: { name: 'r-l', timeout: '3s', route: [{ destination: { host: 'b.far.svc.cluster.local' } }] },
      },
    ]);
  });

  it('does nothing where it is not exported', () => {
    const root = rule('root', '{ hosts: [b], http: [{ delegate: { name: leaf, namespace: far } }] }');
    const leaf = rule('leaf', `{ exportTo: ["."], http: [{ route: ${route} }] }`, 'far');
    expect(withDelegates(root, [root, leaf])).toEqual({
      routes: [],
      lost: [
        {
          from: 'VirtualService shop/root http[0]',
          message: 'VirtualService far/leaf is not exported to namespace shop, so the route does nothing',
        },
      ],
    });
  });
});
