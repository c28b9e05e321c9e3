import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meshHosts } from './in-mesh.ts';

describe('by default, the mesh', () => {
  const inMesh = meshHosts();
  it.each([
    'service-b',
    'Service-B:32000',
    'localhost:80',
    'b.shop.svc',
    'b.shop.svc.cluster.local:80',
    'b.svc.',
  ])('has %s', (authority) => expect(inMesh(authority)).toBe(true));

  it.each([
    'example.com',
    '10.0.0.1:80',
    '[::1]:80',
    '[fd00::1]',
    'b.shop',
    'svc.example.com',
    'b.svc.x',
    '',
    'a b',
    'a@b',
    ':80',
  ])('does not have %s', (authority) => expect(inMesh(authority)).toBe(false));
});

describe('IN_MESH', () => {
  it.each([
    ['service-b', 'service-b:1', true],
    ['service-b', 'service-c', false],
    ['service-b', 'service-b.example.com', false],
    ['service-b:32000', 'service-b:32000', true],
    ['service-b:32000', 'service-b', false],
    ['service-b:80', 'service-b', true],
    ['*.shop', 'api.shop', true],
    ['*.shop', 'a.b.SHOP:8080', true],
    ['*.shop', 'shop', false],
    ['*.shop', 'workshop', false],
    ['*', 'example.com', true],
    ['127.0.0.1', '127.0.0.1:9', true],
    ['127.0.0.1:8', '127.0.0.1:9', false],
    ['[::1]:9', '[::1]:9', true],
    ['http://127.0.0.1:9/', '127.0.0.1:9', true],
    ['http://service-b', 'service-b:32000', false],
    ['http://service-b', 'https://service-b', false],
    ['https://service-b', 'https://service-b', true],
    ['service-b:443', 'https://service-b', true],
    ['other', 'service-b', false],
    ['other, default', 'service-b', true],
    ['other,default', 'example.com', false],
    [' ,', 'service-b', true],
  ])('%s: %s is in: %s', (list, authority, isIn) => {
    expect(meshHosts(list)(authority)).toBe(isIn);
  });

  it.each(['a b', 'a/b', 'http://', 'a:b', '*a', 'a.*', '[::1', 'ftp://a'])('refuses %s', (entry) => {
    expect(() => meshHosts(`service-b, ${entry}`)).toThrow(`${JSON.stringify(entry)} is no host; write name`);
  });

  it('answers the same the second time, and never throws', () => {
    const inMesh = meshHosts('*.shop, service-b:1, default');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.domain(), fc.webAuthority()), (authority) => {
        expect(inMesh(authority)).toBe(inMesh(authority));
      }),
    );
  });
});
