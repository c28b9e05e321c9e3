import { expect, it } from 'vitest';
import { targetUriOf } from './target-uri.ts';

it.each([
  ['http://localhost:8080', 'localhost:8080', '/', 8080],
  ['http://Test.Example/Path?Q=1#fragment', 'Test.Example', '/Path?Q=1', 80],
  ['HTTP://a.test:80/', 'a.test:80', '/', 80],
  ['http://a.test?x', 'a.test', '/?x', 80],
  ['http://a.test/a/../b/%2e%2E/c', 'a.test', '/a/../b/%2e%2E/c', 80],
  ['http://user:secret@a.test/x', 'a.test', '/x', 80],
  ['http://a.test/über und "so"', 'a.test', '/%C3%BCber%20und%20"so"', 80],
  ['http://[::1]:8080/', '[::1]:8080', '/', 8080],
  ['http://bücher.example/', 'xn--bcher-kva.example', '/', 80],
])('%s', (url, authority, path, port) =>
  expect(targetUriOf(url)).toEqual({ scheme: 'http', authority, path, port }),
);

it('knows the port of https', () =>
  expect(targetUriOf('https://a.test/')).toMatchObject({ scheme: 'https', port: 443 }));

it.each(['', '/path', 'service-b:32000', 'ftp://a.test/', 'http://', 'http://a.test:99999/'])(
  'takes %j for no URL',
  (url) => expect(targetUriOf(url)).toBeUndefined(),
);
