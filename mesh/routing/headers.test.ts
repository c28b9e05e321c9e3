import { describe, expect, it } from 'vitest';
import type { HeaderChange } from '../rules/model.ts';
import { decided, routesOfB, tableOf } from './testing.ts';

const toB = 'destination: { host: service-b }';

function decisionFor(http: string) {
  const rules = routesOfB(`- ${http}`);
  return decided(tableOf({ rules }));
}

/** Plays the changes on headers that came as `present`, as a proxy does. */
function played(
  changes: readonly HeaderChange[],
  present: Record<string, string[]>,
): Record<string, string[]> {
  const headers = { ...present };
  for (const change of changes) {
    for (const name of change.remove) delete headers[name];
    for (const [name, value] of change.set) headers[name] = [value];
    for (const [name, value] of change.add) headers[name] = [...(headers[name] ?? []), value];
  }
  return headers;
}

function requestHeaders(http: string, present: Record<string, string[]> = {}): Record<string, string[]> {
  const decision = decisionFor(http);
  if (decision.type !== 'forward') throw new Error(decision.type);
  return played(decision.requestHeaders, present);
}

const set = (value: string) => `headers: { request: { set: { x: ${value} } } }`;
const add = (value: string) => `headers: { request: { add: { x: ${value} } } }`;
const remove = 'headers: { request: { remove: [x] } }';

describe('header operations', () => {
  it('on one level remove, then set, then add', () =>
    expect(
      requestHeaders(
        `{ headers: { request: { remove: [x], set: { y: new }, add: { y: more, x: again } } }, route: [{ ${toB} }] }`,
        { x: ['old'], y: ['old'] },
      ),
    ).toEqual({ x: ['again'], y: ['new', 'more'] }));

  it('of the only destination win over the route’s', () =>
    expect(requestHeaders(`{ ${set('route')}, route: [{ ${toB}, ${set('destination')} }] }`)).toEqual({
      x: ['destination'],
    }));

  it('of one of several destinations lose against the route’s', () =>
    expect(
      requestHeaders(
        `{ ${set('route')}, route: [{ ${toB}, ${set('destination')}, weight: 1 }, { ${toB}, weight: 1 }] }`,
      ),
    ).toEqual({ x: ['route'] }));

  it('of the only destination remove before the route sets', () =>
    expect(requestHeaders(`{ ${set('route')}, route: [{ ${toB}, ${remove} }] }`, { x: ['old'] })).toEqual({
      x: ['route'],
    }));

  it('add a line for each level', () =>
    expect(requestHeaders(`{ ${add('route')}, route: [{ ${toB}, ${add('destination')} }] }`)).toEqual({
      x: ['route', 'destination'],
    }));

  it('of a destination apply only when it is the one chosen', () =>
    expect(
      requestHeaders(`{ route: [{ ${toB}, weight: 1 }, { ${toB}, ${set('second')}, weight: 1 }] }`),
    ).toEqual({}));

  it('on the answer come with redirects and direct responses too', () => {
    const headers = 'headers: { response: { set: { x: here } } }';
    for (const action of ['redirect: { uri: /z }', 'directResponse: { status: 200 }']) {
      const decision = decisionFor(`{ ${headers}, ${action} }`);
      if (!('responseHeaders' in decision)) throw new Error(decision.type);
      expect(played(decision.responseHeaders, {})).toEqual({ x: ['here'] });
    }
  });
});

describe('the authority', () => {
  const host = (name: string) => `headers: { request: { set: { Host: ${name} } } }`;
  const authorityOf = (http: string) => {
    const decision = decisionFor(http);
    return decision.type === 'forward' ? decision.authority : decision.type;
  };

  it.each([
    ['as it came', `{ route: [{ ${toB} }] }`, 'service-b:32000'],
    ['from rewrite', `{ rewrite: { authority: r.com }, route: [{ ${toB} }] }`, 'r.com'],
    ['from a Host that the route sets', `{ ${host('h.com')}, route: [{ ${toB} }] }`, 'h.com'],
    ['from a Host that the destination sets', `{ route: [{ ${toB}, ${host('d.com')} }] }`, 'd.com'],
    ['route before destination', `{ ${host('h.com')}, route: [{ ${toB}, ${host('d.com')} }] }`, 'h.com'],
    [
      'route before one of several destinations',
      `{ ${host('h.com')}, route: [{ ${toB}, ${host('d.com')}, weight: 1 }, { ${toB}, weight: 1 }] }`,
      'h.com',
    ],
  ])('%s', (_, http, expected) => expect(authorityOf(http)).toBe(expected));

  it('is not among the header operations', () =>
    expect(requestHeaders(`{ ${host('h.com')}, route: [{ ${toB} }] }`)).toEqual({}));
});
