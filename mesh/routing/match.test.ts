import { describe, expect, it } from 'vitest';
import type { RequestHead } from './decision.ts';
import { explain } from './explain.ts';
import { request, tableOf } from './testing.ts';

/** Whether a request meets a `match` entry, and if not the first complaint. */
function met(match: string, head: Partial<RequestHead>): string {
  const table = tableOf({
    rules: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: service-b }
spec:
  hosts: [service-b]
  http:
    - match: [${match}]
      directResponse: { status: 200 }`,
  });
  const [verdict] = explain(table, request(head)).routes;
  return verdict?.matched ? 'met' : (verdict?.reason ?? 'no route');
}

const v1 = { headers: { 'project-version': 'release-v1' } };
const twoLines = { headers: { 'project-version': ['release-v1', 'release-v2'] } };
const empty = { headers: { 'project-version': '' } };

describe('a header condition', () => {
  it.each([
    ['{ exact: release-v1 }', v1, 'met'],
    ['{ exact: release-v1 }', {}, 'header project-version is absent, not exactly "release-v1"'],
    ['{ exact: RELEASE-v1 }', v1, 'header project-version is "release-v1", not exactly "RELEASE-v1"'],
    ['{ prefix: release- }', v1, 'met'],
    ['{ prefix: feature- }', v1, 'header project-version is "release-v1", not starting with "feature-"'],
    ['{ regex: "release-v[0-9]" }', v1, 'met'],
    ['{ regex: "release" }', v1, 'header project-version is "release-v1", not matching "release"'],
    ['{}', empty, 'met'],
    ['{}', {}, 'header project-version is absent'],
    ['{ exact: release-v1 }', twoLines, 'met'],
    ['{ exact: release-v2 }', twoLines, 'met'],
    [
      '{ exact: "release-v1,release-v2" }',
      twoLines,
      'header project-version is "release-v1" and "release-v2", not exactly "release-v1,release-v2"',
    ],
    [
      '{ exact: "release-v1,release-v2" }',
      { headers: { 'project-version': 'release-v1,release-v2' } },
      'met',
    ],
  ])('%s with %j: %s', (condition, head, expected) =>
    expect(met(`{ headers: { project-version: ${condition} } }`, head)).toBe(expected),
  );

  it.each([':authority', 'host'])('on %s sees the authority', (name) =>
    expect(met(`{ headers: { "${name}": { prefix: "service-b:" } } }`, {})).toBe('met'),
  );

  it('is not fooled by names that every object has', () =>
    expect(met('{ headers: { constructor: {} } }', {})).toBe('header constructor is absent'));
});

describe('a withoutHeaders condition', () => {
  it.each([
    ['{}', {}, 'met'],
    ['{}', v1, 'header project-version is present ("release-v1")'],
    ['{}', empty, 'header project-version is present ("")'],
    ['{ exact: release-v1 }', {}, 'met'],
    ['{ exact: release-v2 }', v1, 'met'],
    ['{ exact: release-v1 }', v1, 'header project-version is "release-v1", which withoutHeaders rules out'],
    [
      '{ exact: release-v2 }',
      twoLines,
      'header project-version is "release-v1" and "release-v2", which withoutHeaders rules out',
    ],
    ['{ regex: ".*" }', {}, 'header project-version is absent, which withoutHeaders rules out'],
  ])('%s with %j: %s', (condition, head, expected) =>
    expect(met(`{ withoutHeaders: { project-version: ${condition} } }`, head)).toBe(expected),
  );
});

describe('a uri condition', () => {
  it.each([
    ['{ uri: { exact: /login } }', '/login', 'met'],
    ['{ uri: { exact: /login } }', '/login?next=/a', 'met'],
    ['{ uri: { exact: /login } }', '/login/', 'path is "/login/", not exactly "/login"'],
    ['{ uri: { prefix: /api } }', '/apiary', 'met'],
    ['{ uri: { prefix: /api/ } }', '/api', 'path is "/api", not starting with "/api/"'],
    ['{ uri: { prefix: /api } }', '/?x=/api', 'path is "/", not starting with "/api"'],
    ['{ uri: { regex: "/v[0-9]+/.*" } }', '/v12/x', 'met'],
    ['{ uri: { regex: "/v[0-9]+" } }', '/v12/x', 'path is "/v12/x", not matching "/v[0-9]+"'],
    ['{ uri: { exact: /Login }, ignoreUriCase: true }', '/LOGIN', 'met'],
    ['{ uri: { prefix: /API }, ignoreUriCase: true }', '/api/x', 'met'],
    ['{ uri: { regex: "/api" }, ignoreUriCase: true }', '/API', 'path is "/API", not matching "/api"'],
    [
      '{ uri: { exact: /Login }, ignoreUriCase: true }',
      '/x',
      'path is "/x", not exactly "/Login" (in any case)',
    ],
    ['{ uri: { exact: /admin } }', '/public/../admin', 'met'],
  ])('%s with %s: %s', (condition, path, expected) => expect(met(condition, { path })).toBe(expected));
});

describe('a queryParams condition', () => {
  it.each([
    ['{ exact: "true" }', '/?debug=true', 'met'],
    ['{ exact: "true" }', '/?debug=false&debug=true', 'query parameter debug is "false", not exactly "true"'],
    ['{ exact: "true" }', '/', 'query parameter debug is absent, not exactly "true"'],
    ['{ exact: "a b" }', '/?debug=a%20b', 'query parameter debug is "a%20b", not exactly "a b"'],
    ['{ regex: "[0-9]+" }', '/?debug=12', 'met'],
    ['{ regex: "[0-9]+" }', '/?debug=12a', 'query parameter debug is "12a", not matching "[0-9]+"'],
    ['{}', '/?debug', 'met'],
    ['{}', '/?other=1', 'query parameter debug is absent'],
  ])('%s with %s: %s', (condition, path, expected) =>
    expect(met(`{ queryParams: { debug: ${condition} } }`, { path })).toBe(expected),
  );
});

describe('other conditions', () => {
  it.each([
    ['{ method: { exact: POST } }', { method: 'GET' }, 'method is "GET", not exactly "POST"'],
    ['{ method: { regex: "GET|HEAD" } }', { method: 'HEAD' }, 'met'],
    ['{ authority: { exact: "service-b:32000" } }', {}, 'met'],
    ['{ authority: { exact: service-b } }', {}, 'authority is "service-b:32000", not exactly "service-b"'],
    ['{ scheme: { exact: https } }', {}, 'scheme is "http", not exactly "https"'],
  ])('%s with %j: %s', (condition, head, expected) => expect(met(condition, head)).toBe(expected));

  it('of one entry must all hold, and the first that fails is named', () => {
    const both = '{ uri: { prefix: /api }, headers: { end-user: { exact: zack } } }';
    expect(met(both, { path: '/api', headers: { 'end-user': 'zack' } })).toBe('met');
    expect(met(both, { path: '/api' })).toBe('header end-user is absent, not exactly "zack"');
    expect(met(both, { headers: { 'end-user': 'zack' } })).toBe('path is "/", not starting with "/api"');
  });
});
