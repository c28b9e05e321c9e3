import { describe, expect, it } from 'vitest';
import { problemsOf, rulesOf } from '../testing.ts';

const route = (rule: string) =>
  `apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: { name: r, namespace: coloring }\nspec:\n  parentRefs: [{ name: g }]\n  rules:\n  - ${rule}\n`;

describe('what a GRPCRoute says', () => {
  it.each([
    ['{ service: a.B, method: C }', { type: 'exact', value: '/a.B/C' }],
    ['{ service: a.B }', { type: 'pathPrefix', value: '/a.B', countsSlash: true }],
    ['{ method: C }', { type: 'regex', value: '/[^/]+/C' }],
    ['{ type: RegularExpression, service: "a|b", method: C }', { type: 'regex', value: '/a|b/C' }],
    ['{ type: RegularExpression, service: a.+ }', { type: 'regex', value: '/a.+/.+' }],
  ])('method %s is a path', (method, uri) => {
    const [rule] = rulesOf(route(`matches: [{ method: ${method} }]`)).gatewayApi.routes[0]?.rules ?? [];
    expect(rule?.matches[0]?.uri).toMatchObject(uri);
  });

  it('without a match takes every call, whatever its path', () => {
    const { routes } = rulesOf(`${route('matches: []')}  - matches: [{}]\n`).gatewayApi;
    expect(routes[0]?.rules.map(({ matches }) => matches.map(({ uri }) => uri))).toEqual([[], [undefined]]);
  });
});

it.each([
  ['matches: [{ method: {} }]', 'matches[0].method: needs a service, a method or both'],
  ['matches: [{ method: { service: a/b } }]', 'matches[0].method.service: "a/b": not the name of a service'],
  ['matches: [{ method: { method: a.b } }]', 'matches[0].method.method: "a.b": not the name of a method'],
  ['matches: [{ methods: {} }]', 'matches[0].methods: unknown field'],
  [
    'filters: [{ type: ExtensionRef, extensionRef: { group: a, kind: B, name: c } }]',
    'filters[0].type: ExtensionRef: not run by the local mesh; use a cluster',
  ],
  [
    'filters: [{ type: URLRewrite }]',
    'filters[0].type: "URLRewrite": not one of RequestHeaderModifier, ResponseHeaderModifier, RequestMirror, ExtensionRef',
  ],
  ['backendRefs: [{ name: b }]', 'backendRefs[0].port: is missing: a Service is reached on a port'],
  ['sessionPersistence: {}', 'sessionPersistence: Istio does not run it either'],
])('%s is wrong', (written, expected) => {
  const said = problemsOf(route(written)).map((problem) =>
    problem.replace(/^\d+: GRPCRoute r: spec\.rules\[0\]\.?/, ''),
  );
  expect(said.map((one) => one.replace(/; did you mean.*/, ''))).toContain(expected);
});
