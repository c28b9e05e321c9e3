import { expect, it } from 'vitest';
import { conditionsOf } from '../../mesh/routing/match.ts';
import { RequestView } from '../../mesh/routing/request.ts';
import { rulesOf } from '../../mesh/routing/testing.ts';
import { noContext, noWish, witnessOf } from './witness.ts';

const matchOf = (match: string) => {
  const rule = `{ match: [${match}], route: [{ destination: { host: a } }] }`;
  const [service] = rulesOf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: a }
spec: { hosts: [a], http: [${rule}] }`).virtualServices;
  const [found] = service?.http[0]?.match ?? [];
  if (!found) throw new Error(`${match} is a match`);
  return found;
};

it.each([
  '{ headers: { x-lane: { exact: v1 } } }',
  '{ headers: { x-lane: { prefix: v } } }',
  '{ headers: { x-lane: { regex: "v[0-9]+-(blue|green)" } } }',
  '{ headers: { x-lane: {} } }',
  '{ headers: { cookie: { regex: "(.*; ?)?project-version=release-v1(;.*)?" } } }',
  '{ headers: { user-agent: { regex: ".*Chrome.*" } } }',
  '{ headers: { x-lane: { regex: "(?i)V1" } } }',
  '{ headers: { ":method": { exact: PUT }, ":path": { prefix: /api } } }',
  '{ uri: { exact: /api } }',
  '{ uri: { prefix: /api } }',
  '{ uri: { prefix: /API }, ignoreUriCase: true }',
  '{ uri: { regex: "/items/[0-9]{2,}/(edit)?" } }',
  '{ uri: { regex: ".*" } }',
  '{ method: { exact: POST } }',
  '{ authority: { prefix: v1.localhost } }',
  '{ authority: { regex: "v[12].example.com(:80)?" } }',
  '{ queryParams: { lane: { exact: v1 } } }',
  '{ queryParams: { lane: {}, user: { regex: "[a-z]+" } } }',
  '{ withoutHeaders: { x-lane: {} }, headers: { x-user: { exact: jo } } }',
])('takes its own witness: %s', (text) => {
  const match = matchOf(text);
  const { context, wish } = witnessOf(match);
  const query = wish.query.join('&');
  const head = {
    method: context.method,
    path: `${context.path}${query ? `${context.path.includes('?') ? '&' : '?'}${query}` : ''}`,
    authority: wish.authority ?? 'a',
    scheme: 'http' as const,
    port: 80,
    headers: { ...context.headers, ...wish.headers },
  };
  const request = new RequestView(head);
  expect(conditionsOf(match).flatMap((one) => (one.holds(request) ? [] : one.complaint(request)))).toEqual(
    [],
  );
});

it('tells what needs to be known from what everybody sends', () => {
  expect(witnessOf(matchOf('{ headers: { x-lane: { exact: v1 } } }'))).toEqual({
    context: noContext,
    wish: { headers: { 'x-lane': 'v1' }, query: [] },
  });
  expect(witnessOf(matchOf('{ uri: { prefix: /api }, headers: { accept: { regex: ".*" } } }'))).toMatchObject(
    {
      context: { path: '/api', headers: { accept: expect.any(String) } },
      wish: noWish,
    },
  );
});
