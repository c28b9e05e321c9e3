import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type AuthorizedRequest, authorize } from './authorization.ts';
import type { IstioObject } from './resources.ts';

const request: AuthorizedRequest = {
  principal: 'cluster.local/ns/shop/sa/web',
  namespace: 'shop',
  method: 'GET',
  path: '/a/b?q=1',
  authority: 'Api.shop:80',
  port: 8080,
  headers: { color: 'v2' },
};

function policy(spec: string, namespace = 'shop'): IstioObject {
  const metadata = { name: 'p', namespace };
  return { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata, spec: parse(spec) };
}

function allowed(specs: readonly string[], asked: Partial<AuthorizedRequest> = {}, namespace = 'shop') {
  const policies = specs.map((spec) => policy(spec, namespace));
  return authorize(policies, { namespace: 'shop', labels: { app: 'api' } }, { ...request, ...asked }).allowed;
}

describe('authorize', () => {
  it.each<[string, string[], boolean | undefined]>([
    ['nobody says anything', [], true],
    ['an empty ALLOW lets nobody in', ['{}'], false],
    ['an empty rule takes everything', ['{ rules: [{}] }'], true],
    ['a DENY counts before an ALLOW', ['{ rules: [{}] }', '{ action: DENY, rules: [{}] }'], false],
    [
      'a DENY that takes another request',
      ['{ action: DENY, rules: [{ to: [{ operation: { methods: [POST] } }] }] }'],
      true,
    ],
    [
      'the caller by its principal',
      ['{ rules: [{ from: [{ source: { principals: ["*/sa/web"] } }] }] }'],
      true,
    ],
    ['another principal', ['{ rules: [{ from: [{ source: { principals: [x] } }] }] }'], false],
    [
      'the caller by its service account',
      ['{ rules: [{ from: [{ source: { serviceAccounts: [shop/web] } }] }] }'],
      true,
    ],
    ['not of this namespace', ['{ rules: [{ from: [{ source: { notNamespaces: [shop] } }] }] }'], false],
    [
      'a path by its prefix, without query',
      ['{ rules: [{ to: [{ operation: { paths: [/a/*] } }] }] }'],
      true,
    ],
    ['a host in any case', ['{ rules: [{ to: [{ operation: { hosts: ["API.shop:80"] } }] }] }'], true],
    ['the port of the callee', ['{ rules: [{ to: [{ operation: { ports: ["8080"] } }] }] }'], true],
    ['a header', ['{ rules: [{ when: [{ key: "request.headers[color]", values: [v2] }] }] }'], true],
    [
      'a header that is not there',
      ['{ rules: [{ when: [{ key: "request.headers[x]", values: [v2] }] }] }'],
      false,
    ],
    [
      'a token, which nobody knows',
      ['{ rules: [{ from: [{ source: { requestPrincipals: ["*"] } }] }] }'],
      undefined,
    ],
    [
      'what is known rules out what is not',
      [
        '{ rules: [{ from: [{ source: { requestPrincipals: ["*"] } }], to: [{ operation: { methods: [POST] } }] }] }',
      ],
      false,
    ],
    ['an outside authorizer', ['{ action: CUSTOM, provider: { name: x }, rules: [{}] }'], undefined],
    ['a policy for another workload', ['{ selector: { matchLabels: { app: web } } }'], true],
    ['a policy for a waypoint', ['{ targetRefs: [{ kind: Service, name: api }] }'], true],
  ])('%s', (_, specs, expected) => expect(allowed(specs)).toBe(expected));

  it('takes those of the root namespace and of no other one', () => {
    expect(allowed(['{}'], {}, 'istio-system')).toBe(false);
    expect(allowed(['{}'], {}, 'elsewhere')).toBe(true);
  });

  it('knows that a caller without sidecar has no principal', () =>
    expect(
      allowed(['{ rules: [{ from: [{ source: { namespaces: [shop] } }] }] }'], {
        principal: null,
        namespace: null,
      }),
    ).toBe(false));
});
