import { expect, test } from 'vitest';
import type { RequestHead } from '../routing/decision.ts';
import type { LoadBalancer } from '../rules/model.ts';
import { hashKey } from './hash-key.ts';

type By = Extract<LoadBalancer, { type: 'consistentHash' }>['by'];

const client = { address: '10.0.0.9', port: 4711 };

function keyOf(by: By, head: Partial<RequestHead> = {}, from = client) {
  const whole: RequestHead = {
    method: 'GET',
    path: '/',
    authority: 'b',
    scheme: 'http',
    port: 80,
    headers: {},
    ...head,
  };
  return hashKey({ type: 'consistentHash', by, minimumRingSize: 1024 }, whole, from);
}

test('by header: the order of several lines does not matter, absence is no hash', () => {
  const by: By = { type: 'header', name: 'x' };
  const one = keyOf(by, { headers: { x: ['a', 'b'] } });
  expect(one.hash).toBeTypeOf('number');
  expect(keyOf(by, { headers: { x: ['b', 'a'] } })).toEqual(one);
  expect(keyOf(by)).toEqual({ hash: undefined });
});

test('by query parameter', () => {
  const by: By = { type: 'query', name: 'u' };
  expect(keyOf(by, { path: '/x?a=1&u=z' })).toEqual(keyOf(by, { path: '/y?u=z&b=2' }));
  expect(keyOf(by, { path: '/x?a=1' }).hash).toBeUndefined();
  expect(keyOf(by, { path: '/x' }).hash).toBeUndefined();
});

test('by source address: the port does not count', () => {
  expect(keyOf({ type: 'sourceIp' })).toEqual(keyOf({ type: 'sourceIp' }, {}, { ...client, port: 1 }));
});

test('by cookie: its value, quoted or not, else one to set that gives the same hash next time', () => {
  const by: By = { type: 'cookie', name: 'c', path: '', ttlMs: 0 };
  const made = keyOf(by);
  expect(made.setCookie).toMatch(/^c="[0-9a-f]{8}"; HttpOnly$/);
  const value = made.setCookie?.slice(3, 11);
  expect(keyOf(by, { headers: { cookie: `b=1; c=${value}` } })).toEqual({ hash: made.hash });
  expect(keyOf(by, { headers: { cookie: `c="${value}"` } })).toEqual({ hash: made.hash });
});
