import { expect, test } from 'vitest';
import type { RequestHead } from '../routing/decision.ts';
import type { HashBy } from '../rules/model.ts';
import { hashKey } from './hash-key.ts';

const client = { address: '10.0.0.9', port: 4711 };

function keyOf(by: HashBy | HashBy[], head: Partial<RequestHead> = {}, from = client) {
  const whole: RequestHead = {
    method: 'GET',
    path: '/',
    authority: 'b',
    scheme: 'http',
    port: 80,
    headers: {},
    ...head,
  };
  return hashKey([by].flat(), whole, from);
}

test('by header: the order of several lines does not matter, absence is no hash', () => {
  const by: HashBy = { type: 'header', name: 'x' };
  const one = keyOf(by, { headers: { x: ['a', 'b'] } });
  expect(one.hash).toBeTypeOf('number');
  expect(keyOf(by, { headers: { x: ['b', 'a'] } })).toEqual(one);
  expect(keyOf(by)).toEqual({ hash: undefined, setCookies: [] });
});

test('by query parameter', () => {
  const by: HashBy = { type: 'query', name: 'u' };
  expect(keyOf(by, { path: '/x?a=1&u=z' })).toEqual(keyOf(by, { path: '/y?u=z&b=2' }));
  expect(keyOf(by, { path: '/x?a=1' }).hash).toBeUndefined();
  expect(keyOf(by, { path: '/x' }).hash).toBeUndefined();
});

test('by source address: the port does not count', () => {
  expect(keyOf({ type: 'sourceIp' })).toEqual(keyOf({ type: 'sourceIp' }, {}, { ...client, port: 1 }));
});

test('by cookie: its value, quoted or not, else one to set that gives the same hash next time', () => {
  const by: HashBy = { type: 'cookie', name: 'c', path: '', ttlMs: 0 };
  const made = keyOf(by);
  expect(made.setCookies.join()).toMatch(/^c="[0-9a-f]{8}"; HttpOnly$/);
  expect(keyOf({ ...by, path: '/a', ttlMs: 999 }).setCookies.join()).toMatch(/^c="\w+"; Path=\/a; HttpOnly$/);
  expect(keyOf({ ...by, ttlMs: 1500 }).setCookies.join()).toMatch(/^c="\w+"; Max-Age=1; HttpOnly$/);
  const value = made.setCookies[0]?.slice(3, 11);
  expect(keyOf(by, { headers: { cookie: `b=1; c=${value}` } }).hash).toBe(made.hash);
  expect(keyOf(by, { headers: { cookie: `c="${value}"` } }).hash).toBe(made.hash);
});

test('of several, those that the request has count together', () => {
  const x: HashBy = { type: 'header', name: 'x' };
  const y: HashBy = { type: 'header', name: 'y' };
  const head = { headers: { x: 'ann', y: 'ann' } };
  expect(keyOf([x, y], head).hash).not.toBe(keyOf(x, head).hash);
  expect(keyOf([x, { type: 'header', name: 'z' }], head)).toEqual(keyOf(x, head));
  expect(keyOf([], head)).toEqual({ hash: undefined, setCookies: [] });
});
