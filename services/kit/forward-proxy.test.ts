import { describe, expect, it } from 'vitest';
import { forwardProxyFor } from './forward-proxy.ts';

const serviceB = 'http://service-b:32000';

describe('forwardProxyFor', () => {
  it.each([
    [{}, undefined],
    [{ HTTP_PROXY: '' }, undefined],
    [{ HTTP_PROXY: 'http://127.0.0.1:15001' }, 'http://127.0.0.1:15001'],
    [{ HTTP_PROXY: '127.0.0.1:15001' }, 'http://127.0.0.1:15001'],
    [{ http_proxy: 'http://low:1', HTTP_PROXY: 'http://up:2' }, 'http://low:1'],
  ])('%j -> %s', (env, proxy) => {
    expect(forwardProxyFor(serviceB, env)).toBe(proxy);
  });

  it.each([
    ['service-b', true],
    ['SERVICE-B', true],
    ['other, service-b', true],
    ['service-b:32000', true],
    ['service-b:1', false],
    ['b', false],
    ['*', true],
    ['service-a', false],
    ['', false],
  ])('NO_PROXY=%s exempts service-b:32000: %s', (noProxy, exempt) => {
    const env = { HTTP_PROXY: 'http://p:1', NO_PROXY: noProxy };
    expect(forwardProxyFor(serviceB, env)).toBe(exempt ? undefined : 'http://p:1');
  });

  it.each(['svc.cluster.local', '.svc.cluster.local', '*.svc.cluster.local'])(
    'NO_PROXY=%s exempts all below',
    (noProxy) => {
      const env = { HTTP_PROXY: 'http://p:1', no_proxy: noProxy };
      expect(forwardProxyFor('http://b.coloring.svc.cluster.local', env)).toBeUndefined();
    },
  );

  it('leaves https alone: it cannot be steered by its headers', () => {
    expect(forwardProxyFor('https://service-b', { HTTP_PROXY: 'http://p:1' })).toBeUndefined();
  });
});
