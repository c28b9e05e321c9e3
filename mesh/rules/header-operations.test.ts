import { describe, expect, it } from 'vitest';
import { valueFor } from './header-operations.ts';
import { routeOf, routeProblems } from './testing.ts';

const toB = 'route: [{ destination: { host: b } }]';
const withHeaders = (headers: string) => `{ ${toB}, headers: ${headers} }`;

describe('headers', () => {
  it('reads names in lower case, and leaves values as written', () => {
    const { headers } = routeOf(
      withHeaders(
        '{ request: { set: { X-A: "50%%" }, add: { X-B: b }, remove: [X-C] }, response: { add: { D: "" } } }',
      ),
    );
    expect(headers).toEqual({
      request: { set: new Map([['x-a', '50%%']]), add: new Map([['x-b', 'b']]), remove: ['x-c'] },
      response: { set: new Map(), add: new Map([['d', '']]), remove: [] },
    });
  });

  it.each([['set: { Host: c }'], ['add: { ":authority": c }']])(
    'keeps a new authority as host: %s',
    (change) => {
      expect(routeOf(withHeaders(`{ request: { ${change} } }`)).headers.request.set).toEqual(
        new Map([['host', 'c']]),
      );
    },
  );

  it.each([
    ['{ request: { set: { ":path": /x } } }', '":path" is not the name of a header that a rule can change'],
    ['{ request: { set: { "a b": x } } }', '"a b" is not the name of a header that a rule can change'],
    ['{ request: { remove: [Host] } }', 'Host cannot be changed here'],
    ['{ response: { set: { host: x } } }', 'host cannot be changed here'],
    ['{ request: { set: { a: "%REQ(b?c)%" } } }', '%REQ(b?c)%: not run by the local mesh; use a cluster'],
    ['{ request: { set: { Host: "%REQ(b)%" } } }', '%REQ(b)%: not run by the local mesh; use a cluster'],
    ['{ response: { set: { a: "%REQ(b)%" } } }', '%REQ(b)%: not run by the local mesh; use a cluster'],
    ['{ request: { set: { a: "50%" } } }', '"50%": a percent sign is written %%'],
    ['{ request: { set: { a: "x\\ny" } } }', 'control characters in a header value'],
    [
      '{ request: { set: { Host: x }, add: { ":authority": z } } }',
      'the authority is already set by headers.request.set.Host',
    ],
  ])('%s is refused', (headers, expected) => {
    const found = routeProblems(withHeaders(headers));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it('refuses a second authority beside a rewrite', () => {
    expect(
      routeProblems(`{ ${toB}, rewrite: { authority: c }, headers: { request: { set: { host: d } } } }`),
    ).toEqual(['headers.request.set.host: the authority is already set by rewrite.authority']);
  });
});

describe('a value', () => {
  const headers: Record<string, string> = { b: 'x', 'x-env': 'v1' };
  it.each([
    ['plain', 'plain'],
    ['50%% of %%REQ(b)%%', '50% of %REQ(b)%'],
    ['project-version=%REQ(X-Env)%', 'project-version=v1'],
    ['%REQ(b)%,%REQ(none)%,%REQ(b)%', 'x,,x'],
  ])('%s becomes %s', (written, value) => {
    expect(valueFor(written, (name) => headers[name])).toBe(value);
  });
});
