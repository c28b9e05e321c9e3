import { describe, expect, it } from 'vitest';
import { object, problemsOf, routeOf, routeProblems } from './testing.ts';

const toB = 'route: [{ destination: { host: b } }]';

describe('route', () => {
  it('reads weighted destinations with their headers', () => {
    const { action } = routeOf(`{ route: [
      { destination: { host: b, subset: v1, port: { number: 8080 } }, weight: 90, headers: { request: { set: { A: x } } } },
      { destination: { host: b.other.svc.cluster.local }, weight: 10 },
      { destination: { host: c } } ] }`);
    if (action.type !== 'route') throw new Error(action.type);
    expect(
      action.destinations.map(({ destination, weight }) => ({ ...destination, place: 0, weight })),
    ).toEqual([
      { host: 'b.coloring.svc.cluster.local', subset: 'v1', port: 8080, place: 0, weight: 90 },
      { host: 'b.other.svc.cluster.local', subset: undefined, port: undefined, place: 0, weight: 10 },
      { host: 'c.coloring.svc.cluster.local', subset: undefined, port: undefined, place: 0, weight: 0 },
    ]);
    expect(action.destinations[0]?.headers.request.set).toEqual(new Map([['a', 'x']]));
    expect(action.destinations[1]?.destination.place.line).toBe(9);
  });

  it('gives a destination that is alone everything', () => {
    const { action } = routeOf('{ route: [{ destination: { host: b }, weight: 0 }] }');
    expect(action.type === 'route' && action.destinations[0]?.weight).toBe(100);
  });

  it('reads timeout, rewrite and mirrors', () => {
    expect(routeOf(`{ ${toB}, timeout: 1.5s, rewrite: { uri: /x, authority: c } }`)).toMatchObject({
      timeoutMs: 1500,
      rewrite: { uri: '/x', authority: 'c' },
      mirrors: [],
    });
    const mirrored = (rest: string) =>
      routeOf(`{ ${toB}, ${rest} }`).mirrors.map(({ destination, percent }) => [destination.host, percent]);
    const c = 'c.coloring.svc.cluster.local';
    expect(mirrored('mirror: { host: c }')).toEqual([[c, 100]]);
    expect(mirrored('mirror: { host: c }, mirrorPercentage: { value: 12.34567 }')).toEqual([[c, 12.3456]]);
    expect(mirrored('mirror: { host: c }, mirrorPercentage: { value: 0 }')).toEqual([[c, 0]]);
    expect(mirrored('mirror: { host: c }, mirror_percent: 5')).toEqual([[c, 5]]);
    expect(mirrored('mirror: { host: c }, mirrorPercent: 6')).toEqual([[c, 6]]);
    expect(
      mirrored(
        'mirrors: [{ destination: { host: c } }, { destination: { host: d.e }, percentage: { value: 1 } }]',
      ),
    ).toEqual([
      [c, 100],
      ['d.e', 1],
    ]);
  });

  it.each([
    ['{}', 'needs one of route, redirect and directResponse'],
    ['{ route: [] }', 'needs one of route, redirect and directResponse'],
    [`{ ${toB}, redirect: { uri: / } }`, 'route: not together with redirect'],
    [`{ ${toB}, directResponse: { status: 200 } }`, 'route: not together with directResponse'],
    [
      '{ redirect: { uri: / }, directResponse: { status: 200 } }',
      'directResponse: not together with redirect',
    ],
    ['{ redirect: { uri: / }, rewrite: { uri: / } }', 'rewrite: not together with redirect'],
    [
      '{ directResponse: { status: 200 }, fault: { abort: { httpStatus: 500 } } }',
      'fault: not together with directResponse',
    ],
    ['{ route: [{ weight: 1 }] }', 'route[0].destination: is missing'],
    ['{ route: [{ destination: {} }] }', 'route[0].destination.host: is missing'],
    ['{ route: [{ destination: { host: "" } }] }', 'route[0].destination.host: a host must not be empty'],
    ['{ route: [{ destination: { host: "*" } }] }', 'route[0].destination.host: *: not a destination'],
    [
      '{ route: [{ destination: { host: b, subset: a.b } }] }',
      'route[0].destination.subset: "a.b": not a name for a subset',
    ],
    [
      '{ route: [{ destination: { host: b, port: { number: 0 } } }] }',
      'route[0].destination.port.number: 0: not in 1 to 65535',
    ],
    ['{ route: [{ destination: { host: b }, weight: -1 }] }', 'route[0].weight: -1: must not be negative'],
    ['{ route: [{ destination: { host: b }, weight: 1.5 }] }', 'route[0].weight: 1.5: not a whole number'],
    [
      '{ route: [{ destination: { host: b } }, { destination: { host: c } }] }',
      'route: the weights add up to 0',
    ],
    [
      `{ ${toB}, mirror: { host: c }, mirrors: [{ destination: { host: d } }] }`,
      'mirrors: not together with mirror',
    ],
    [
      `{ ${toB}, mirror: { host: c }, mirrorPercentage: { value: 101 } }`,
      'mirrorPercentage.value: 101: not in 0 to 100',
    ],
    [`{ ${toB}, mirror: { host: c }, mirrorPercent: 101 }`, 'mirrorPercent: 101: not in 0 to 100'],
    [`{ ${toB}, timeout: 0s }`, 'timeout: 0s: less than 1ms'],
    [`{ ${toB}, timeout: 5 }`, 'timeout: expected a string, got 5, a number; put it in quotes'],
    [
      `{ ${toB}, corsPolicy: { allowMethods: [GET] } }`,
      'corsPolicy: not run by the local mesh; use a cluster',
    ],
    ['{ delegate: { name: c } }', 'delegate: not run by the local mesh; use a cluster'],
    [`{ ${toB}, timeOut: 5s }`, 'timeOut: unknown field; did you mean timeout?'],
    [
      '{ match: [{ uri: { exact: /a } }], redirect: { prefixRewrite: /b } }',
      'match[0].uri: redirect.prefixRewrite needs a prefix here',
    ],
  ])('%s is refused', (route, expected) => expect(routeProblems(route)).toEqual([expected]));

  it('says everything at once, each in its line', () => {
    const text = object(
      'VirtualService',
      `hosts: ["*"]
http:
- name: one
  corsPolicy: {}
  timeout: 1us
  route:
  - destination: { host: a b }
    weight: heavy
- retries: { attempts: -1 }
- 5`,
    );
    expect(problemsOf(text)).toEqual([
      '5: VirtualService b: spec.hosts[0]: *: not together with the gateway mesh; name the hosts or a Gateway',
      '8: VirtualService b: spec.http[0].corsPolicy: not run by the local mesh; use a cluster',
      '9: VirtualService b: spec.http[0].timeout: 1us: less than 1ms',
      '11: VirtualService b: spec.http[0].route[0].destination.host: "a b": not a host, because of "a b"',
      '12: VirtualService b: spec.http[0].route[0].weight: expected a number, got "heavy"',
      '13: VirtualService b: spec.http[1].retries.attempts: -1: must not be negative',
      '13: VirtualService b: spec.http[1]: needs one of route, redirect and directResponse',
      '14: VirtualService b: spec.http[2]: expected an object, got 5',
    ]);
  });
});
