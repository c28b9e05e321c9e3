import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Access } from './access.ts';

const host = 'localhost:8090';
const origin = `http://${host}`;
const json = 'application/json';

function request(headers: Record<string, string>, method = 'GET'): IncomingMessage {
  return { headers: { host, ...headers }, method } as unknown as IncomingMessage;
}

function admitted() {
  const access = new Access(8090);
  const cookie = access.admit(access.token ?? '') ?? '';
  return { access, cookie: cookie.split(';')[0] ?? '', whole: cookie };
}

describe('the token', () => {
  it('is good once, for a cookie that no script and no other site gets', () => {
    const access = new Access(8090);
    const token = access.token ?? '';
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(access.admit(`${token}x`)).toBe(undefined);
    expect(access.admit(token)).toMatch(/^map-8090=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(access.admit(token)).toBe(undefined);
    expect(access.token).toBe(undefined);
  });

  it('can be renewed, for another browser', () => {
    const { access, whole } = admitted();
    expect(access.admit(access.renew())).toBe(whole);
  });
});

describe('strayHost', () => {
  it.each(['localhost:8090', 'LocalHost:8090', '127.0.0.1:8090', '[::1]:8090'])(
    '%s is this server',
    (name) => {
      expect(new Access(8090).strayHost(request({ host: name }))).toBe(undefined);
    },
  );
  it.each(['localhost', 'localhost:8091', 'evil.example:8090', 'localhost.evil.example:8090', ''])(
    '%s is not',
    (name) => {
      expect(new Access(8090).strayHost(request({ host: name }))?.status).toBe(403);
    },
  );
});

it('at port 80 a browser leaves the port out', () => {
  expect(new Access(80).strayHost(request({ host: 'localhost' }))).toBe(undefined);
  expect(new Access(80).strayHost(request({ host: 'evil.example' }))?.status).toBe(403);
});

describe('denial', () => {
  it.each([
    ['a page of this server that reads', {}, 'GET', undefined],
    ['the address line', { 'sec-fetch-site': 'none' }, 'GET', undefined],
    [
      'a page of this server that changes',
      { origin, 'content-type': json, 'sec-fetch-site': 'same-origin' },
      'POST',
      undefined,
    ],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 'GET', 403],
    ['another port of this computer', { 'sec-fetch-site': 'same-site' }, 'GET', 403],
    ['another origin', { origin: 'http://localhost:8080', 'content-type': json }, 'POST', 403],
    ['an origin of null', { origin: 'null', 'content-type': json }, 'POST', 403],
    ['a change from nowhere', { 'content-type': json }, 'POST', 403],
    ['a form', { origin, 'content-type': 'text/plain' }, 'POST', 415],
  ] as const)('%s', (_, headers, method, status) => {
    const { access, cookie } = admitted();
    expect(access.denial(request({ cookie, ...headers }, method))?.status).toBe(status);
  });

  it.each([undefined, 'map-8090=', 'map-8090=wrong', 'map-8091=x'])('without the cookie (%s)', (cookie) => {
    const { access } = admitted();
    expect(access.denial(request(cookie === undefined ? {} : { cookie }))?.status).toBe(401);
  });

  it('finds its cookie among others', () => {
    const { access, cookie } = admitted();
    expect(access.denial(request({ cookie: `a=b; ${cookie}; c=d` }))).toBe(undefined);
  });
});
