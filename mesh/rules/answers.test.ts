import { describe, expect, it } from 'vitest';
import { routeOf, routeProblems } from './testing.ts';

describe('redirect', () => {
  it.each([
    ['{ uri: /x }', { status: 301, uri: '/x' }],
    ['{ authority: c, redirectCode: 308 }', { status: 308, authority: 'c' }],
    [
      '{ scheme: https, derivePort: FROM_REQUEST_PORT }',
      { status: 301, scheme: 'https', port: 'FROM_REQUEST_PORT' },
    ],
    ['{ port: 8080 }', { status: 301, port: 8080 }],
    ['{ prefixRewrite: /y, redirectCode: 302 }', { status: 302, prefixRewrite: '/y' }],
  ])('%s', (redirect, expected) => {
    expect(routeOf(`{ redirect: ${redirect} }`).action).toMatchObject({
      type: 'redirect',
      redirect: expected,
    });
  });

  it.each([
    ['{}', 'redirect: needs one of uri, prefixRewrite, authority, scheme, port and derivePort'],
    ['{ uri: /, redirectCode: 304 }', 'redirect.redirectCode: 304: not one of 301, 302, 303, 307, 308'],
    ['{ uri: /, prefixRewrite: / }', 'redirect.prefixRewrite: not together with uri'],
    ['{ scheme: ftp }', 'redirect.scheme: "ftp": not http or https'],
    ['{ port: 1, derivePort: FROM_REQUEST_PORT }', 'redirect.derivePort: not together with port'],
    ['{ port: 70000 }', 'redirect.port: 70000: not in 1 to 65535'],
    ['{ derivePort: X }', 'redirect.derivePort: "X": not one of FROM_PROTOCOL_DEFAULT, FROM_REQUEST_PORT'],
  ])('%s is refused', (redirect, expected) =>
    expect(routeProblems(`{ redirect: ${redirect} }`)).toEqual([expected]),
  );
});

describe('directResponse', () => {
  it.each([
    ['{ status: 204 }', { status: 204, body: '' }],
    ['{ status: 200, body: { string: hi } }', { status: 200, body: 'hi' }],
    ['{ status: 200, body: { bytes: w7xiZXI= } }', { status: 200, body: 'über' }],
  ])('%s', (response, expected) => {
    expect(routeOf(`{ directResponse: ${response} }`).action).toEqual({
      type: 'directResponse',
      directResponse: expected,
    });
  });

  it.each([
    ['{ body: { string: hi } }', 'directResponse.status: is missing'],
    ['{ status: 600 }', 'directResponse.status: 600: not in 200 to 599'],
    [
      '{ status: 200, body: { string: a, bytes: YQ== } }',
      'directResponse.body.bytes: not together with string',
    ],
    ['{ status: 200, body: { bytes: "%" } }', 'directResponse.body.bytes: not base64'],
    [
      '{ status: 200, body: { bytes: /w== } }',
      'directResponse.body.bytes: bytes that are not text: not run by the local mesh; use a cluster',
    ],
    [
      `{ status: 200, body: { string: ${'x'.repeat(1024 * 1024 + 1)} } }`,
      'directResponse.body: a body larger than 1 MiB',
    ],
  ])('is refused where it is wrong (%#)', (response, expected) => {
    expect(routeProblems(`{ directResponse: ${response} }`)).toEqual([expected]);
  });
});
