import { describe, expect, it } from 'vitest';
import { problemsOf, rulesOf } from '../testing.ts';
import type { ApiRule } from './model.ts';

const route = (rule: string, spec = 'parentRefs: [{ name: g }]') =>
  `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: r, namespace: coloring }\nspec:\n  ${spec}\n  rules:\n  - ${rule}\n`;

function ruleOf(written: string): ApiRule {
  const [rule] = rulesOf(route(written)).gatewayApi.routes[0]?.rules ?? [];
  if (!rule) throw new Error('no rule');
  return rule;
}

const said = (written: string) =>
  problemsOf(route(written)).map((problem) => problem.replace(/^\d+: HTTPRoute r: spec\.rules\[0\]\.?/, ''));

describe('what an HTTPRoute says', () => {
  it('without a match takes every path, and without a name of its own is called by its place', () => {
    const { matches, name } = ruleOf('backendRefs: [{ name: b, port: 80 }]');
    expect(matches.map(({ uri }) => uri)).toEqual([{ type: 'prefix', value: '/' }]);
    expect(name).toBeUndefined();
  });

  it.each([
    ['{ value: /shop/ }', { type: 'pathPrefix', value: '/shop' }],
    ['{ type: PathPrefix }', { type: 'prefix', value: '/' }],
    ['{ type: Exact, value: /shop/ }', { type: 'exact', value: '/shop/' }],
  ])('reads the path %s', (path, expected) => {
    expect(ruleOf(`matches: [{ path: ${path} }]`).matches[0]?.uri).toEqual(expected);
  });

  it('compares header names in lower case and query parameters as they are written', () => {
    const [match] = ruleOf(
      'matches: [{ headers: [{ name: X-Lane, value: v1 }], queryParams: [{ name: Lane, value: v1 }] }]',
    ).matches;
    expect([...(match?.headers.keys() ?? []), ...(match?.queryParams.keys() ?? [])]).toEqual([
      'x-lane',
      'Lane',
    ]);
  });

  it('reads the regular expression "*" as present, as Istio does', () => {
    const [match] = ruleOf(
      'matches: [{ headers: [{ type: RegularExpression, name: x, value: "*" }] }]',
    ).matches;
    expect(match?.headers.get('x')).toEqual({ type: 'present' });
  });

  it.each([
    ['{ request: 2s, backendRequest: 1s }', '', { timeoutMs: 1000 }],
    ['{ request: 0s, backendRequest: 1s }', '', { timeoutMs: 1000 }],
    ['{ request: 1m30s }', '', { timeoutMs: 90_000 }],
    ['{ request: 0s }', '', {}],
  ])('reads timeouts %s', (timeouts, retry, expected) => {
    const { timeoutMs, retries } = ruleOf(`timeouts: ${timeouts}${retry}`).route;
    expect({ ...(timeoutMs && { timeoutMs }), ...(retries && { retries }) }).toEqual(expected);
  });

  it('gives each try its time where it retries, twice on failed connections unless told otherwise', () => {
    const { route } = ruleOf('retry: {}\n    timeouts: { request: 2s, backendRequest: 1s }');
    expect(route.timeoutMs).toBe(2000);
    expect(route.retries).toEqual({
      attempts: 2,
      perTryTimeoutMs: 1000,
      retryOn: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled'],
      retriableStatusCodes: [],
    });
  });

  it('redirects with 302, to the port of the request unless a scheme is written', () => {
    const redirect = (fields: string) =>
      ruleOf(`filters: [{ type: RequestRedirect, requestRedirect: { ${fields} } }]`).redirect;
    expect(redirect('hostname: a.b')).toMatchObject({
      status: 302,
      authority: 'a.b',
      port: 'FROM_REQUEST_PORT',
    });
    expect(redirect('scheme: https')).toMatchObject({ scheme: 'https', port: 'FROM_PROTOCOL_DEFAULT' });
  });
});

describe('what is wrong with an HTTPRoute', () => {
  it.each([
    ['backendRefs: [{ name: b }]', 'backendRefs[0].port: is missing: a Service is reached on a port'],
    [
      'backendRefs: [{ name: b, port: 80, kind: Hostname, group: networking.istio.io }]',
      'backendRefs[0].kind: Hostname: not run by the local mesh; use a cluster',
    ],
    ['matches: [{ path: { value: /a//b } }]', 'matches[0].path.value: "/a//b": // must not be in it'],
    ['matches: [{ path: { value: /a/.. } }]', 'matches[0].path.value: "/a/..": /.. must not be in it'],
    [
      'matches: [{ path: { type: Prefix } }]',
      'matches[0].path.type: "Prefix": not one of Exact, PathPrefix, RegularExpression',
    ],
    ['matches: [{ header: [] }]', 'matches[0].header: unknown field; did you mean headers?'],
    [
      'matches: [{ headers: [{ name: a, value: x }, { name: A, value: z }] }]',
      'matches[0].headers[1].name: a: is in this match already',
    ],
    ['filters: [{ type: URLRewrite }]', 'filters[0].urlRewrite: is missing: the type is URLRewrite'],
    [
      'filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: /a } } }]\n    matches: [{ path: { type: Exact, value: /b } }]',
      'matches: ReplacePrefixMatch needs exactly one match, with a path of type PathPrefix',
    ],
    [
      'filters: [{ type: ExtensionRef, extensionRef: { group: a, kind: B, name: c } }]',
      'filters[0].type: ExtensionRef: not run by the local mesh; use a cluster',
    ],
    ['timeouts: { request: 1.5s }', 'timeouts.request: "1.5s": not a duration such as 500ms or 1m30s'],
    [
      'timeouts: { request: 1s, backendRequest: 2s }',
      'timeouts.backendRequest: 2s: longer than the 1s of request',
    ],
    ['name: service-b/release', 'name: "service-b/release": not a name; small letters, digits, "-" and "."'],
    ['retry: { backoff: 1s }', 'retry.backoff: not run by the local mesh; use a cluster'],
    ['sessionPersistence: {}', 'sessionPersistence: Istio does not run it either'],
  ])('%s', (written, expected) => {
    expect(said(written)).toContain(expected);
  });

  it('a parent that is no Gateway and no Service of Istio', () => {
    const text = route('backendRefs: []', 'parentRefs: [{ kind: ListenerSet, name: x }]');
    expect(problemsOf(text)).toEqual([
      '5: HTTPRoute r: spec.parentRefs[0].kind: ListenerSet: not run by the local mesh; use a cluster',
    ]);
  });
});

it.each([
  [
    '[{ name: g }, { name: g }]',
    'spec.parentRefs[1]: this parent is in the list already, with this section and port',
  ],
  [
    '[{ name: g, sectionName: a }, { name: g, sectionName: a }]',
    'spec.parentRefs[1]: this parent is in the list already, with this section and port',
  ],
  [
    '[{ name: g, sectionName: a }, { name: g }]',
    'spec.parentRefs[1]: this parent is in the list already: name a sectionName or port in each',
  ],
  ['[{ name: g, sectionName: a }, { name: g, sectionName: b }]', undefined],
  ['[{ name: g, port: 80 }, { name: g, port: 81 }]', undefined],
  ['[{ name: g }, { name: g, namespace: shop }]', undefined],
])('parents %s', (parents, problem) => {
  expect(
    problemsOf(route('backendRefs: []', `parentRefs: ${parents}`)).map((one) => one.replace(/^.*?r: /, '')),
  ).toEqual(problem === undefined ? [] : [problem]);
});

it('a listener of another protocol than HTTP is refused by name', () => {
  const gateway = (protocol: string) =>
    `apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: { name: g, namespace: coloring }\nspec: { gatewayClassName: istio, listeners: [{ name: a, port: 80, protocol: ${protocol} }] }\n`;
  expect(problemsOf(gateway('HTTPS'))).toEqual([
    '4: Gateway g: spec.listeners[0].protocol: HTTPS: not run by the local mesh; use a cluster',
  ]);
  expect(problemsOf(gateway('HTTP'))).toEqual([]);
});

it('no two listeners have the same name, nor the same port and hostname', () => {
  const gateway = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: g, namespace: coloring }
spec:
  gatewayClassName: istio
  listeners:
  - { name: a, port: 80, protocol: HTTP }
  - { name: a, port: 80, protocol: HTTP }
`;
  expect(problemsOf(gateway)).toEqual([
    '8: Gateway g: spec.listeners[1].name: a: another listener has this name',
    '8: Gateway g: spec.listeners[1]: another listener has this port, protocol and hostname',
  ]);
});

it('two groups may have a Gateway of one name', () => {
  const text = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: g, namespace: coloring }
spec: { gatewayClassName: istio, listeners: [{ name: a, port: 80, protocol: HTTP }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: g, namespace: coloring }
spec: { servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
`;
  const { gateways, gatewayApi } = rulesOf(text);
  expect([gateways.length, gatewayApi.gateways.length]).toEqual([1, 1]);
});

it('of Services among the rules only those count that a route or a fallback names', () => {
  const service = (name: string) =>
    `---\napiVersion: v1\nkind: Service\nmetadata: { name: ${name}, namespace: coloring }\nspec: { selector: { app: ${name} }, ports: [{ port: 80 }] }\n`;
  const { gatewayApi, ignored } = rulesOf(
    `${route('backendRefs: [{ name: b, port: 80 }]')}${service('b')}${service('c')}`,
  );
  expect(gatewayApi.services.map(({ name }) => name)).toEqual(['b']);
  expect(ignored.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['Service b', 'Service c']);
});
