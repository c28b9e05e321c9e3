/** Rules of HTTPRoutes and GRPCRoutes: what they match, whereto they send, and what they change on the way. */
import fc from 'fast-check';
import { mostly, someOf } from './arbitraries.ts';

/** Paths as the CRD lets them through. */
const path = fc.oneof(
  fc.record({ value: fc.constantFrom('/', '/a', '/a/', '/a/b', '/A', '/b', '/c.d') }),
  fc.record({ type: fc.constant('PathPrefix'), value: fc.constantFrom('/', '/a', '/a/b', '/b/') }),
  fc.record({ type: fc.constant('Exact'), value: fc.constantFrom('/', '/a', '/a/', '/a/b', '/ab', '/b') }),
  fc.record({
    type: fc.constant('RegularExpression'),
    value: fc.constantFrom('/a', '/a.*', '/[ab]', '.*b', '/a/b|/b', '(?i)/a', '/c.d'),
  }),
);
/** @param present a regular expression that takes whatever is there */
const valuesOf = (names: readonly string[], present: string) => {
  const value = fc.oneof(
    fc.record({ value: fc.constantFrom('1', '2', '12', 'A') }),
    fc.record({ type: fc.constant('Exact'), value: fc.constantFrom('1', 'a') }),
    fc.record({
      type: fc.constant('RegularExpression'),
      value: fc.constantFrom('1', '[0-9]+', '1|2', '.*', 'a?', present),
    }),
  );
  return fc
    .tuple(fc.subarray([...names], { minLength: 1, maxLength: 2 }), value, value)
    .map(([chosen, ...conditions]) => chosen.map((name, i) => ({ name, ...conditions[i] })));
};
/** `*`, which is no regular expression, Istio takes as present in headers only. */
const headerMatches = valuesOf(['x-a', 'X-B', 'x-c'], '*');
const queryMatches = valuesOf(['v', 'w'], '.+');

const match = someOf(
  { path, headers: headerMatches, queryParams: queryMatches, method: fc.constantFrom('GET', 'POST') },
  3,
);

const names = (of: readonly string[], values: readonly string[]) =>
  fc
    .tuple(fc.subarray([...of], { minLength: 1, maxLength: 2 }), fc.constantFrom(...values))
    .map(([chosen, one]) => chosen.map((name) => ({ name, value: one })));
const change = fc.record(
  {
    set: names(['x-a', 'X-B', 'x-set', 'x-upstream'], ['one', 'two']),
    add: names(['x-a', 'x-c', 'X-Add'], ['three', 'four']),
    remove: fc.subarray(['x-a', 'x-b', 'X-C', 'x-upstream'], { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const modifiers = fc
  .record({ request: change, response: change }, { requiredKeys: [] })
  .map(({ request, response }) => [
    ...(request ? [{ type: 'RequestHeaderModifier', requestHeaderModifier: request }] : []),
    ...(response ? [{ type: 'ResponseHeaderModifier', responseHeaderModifier: response }] : []),
  ]);

const versions = [
  ...['release', 'release-v1', 'release-v2'].map((version) => ({
    name: `service-a-${version}`,
    port: 31000,
  })),
  ...['release', 'release-v3'].map((version) => ({ name: `service-b-${version}`, port: 32000 })),
];
/** Of which namespace is said or left out; what is not there, may not be named or is of an unknown kind leads to 500. */
const backend = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.constantFrom(...versions).map((one) => ({ ...one, namespace: 'coloring' })),
  },
  { weight: 3, arbitrary: fc.constantFrom(...versions) },
  { weight: 2, arbitrary: fc.constantFrom({ name: 'trial', port: 80 }, { name: 'trial', port: 81 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('coloring', 'elsewhere').map((namespace) => ({
      name: 'trial',
      namespace,
      port: 80,
    })),
  },
  { weight: 1, arbitrary: fc.constant({ name: 'trial-none', port: 80 }) },
  { weight: 1, arbitrary: fc.constant({ group: 'example.com', kind: 'Bucket', name: 'trial' }) },
);
const weighted = fc
  .record({ backend, filters: mostly(3, undefined, modifiers) })
  .map(({ backend: ref, filters }) => ({ ...ref, ...(filters?.length && { filters }) }));
/** One destination, or two of which one has all the weight, or none has. */
const backendRefs = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(weighted) },
  {
    weight: 3,
    arbitrary: fc.tuple(weighted, weighted, fc.boolean()).map(([one, other, first]) => [
      { ...one, weight: first ? 1 : 0 },
      { ...other, weight: first ? 0 : 7 },
    ]),
  },
  { weight: 1, arbitrary: fc.constantFrom(undefined, [{ ...versions[0], weight: 0 }]) },
);

const pathModifier = fc.oneof(
  fc.record({
    type: fc.constant('ReplaceFullPath'),
    replaceFullPath: fc.constantFrom('/', '/new', '/new/x'),
  }),
  fc.record({
    type: fc.constant('ReplacePrefixMatch'),
    replacePrefixMatch: fc.constantFrom('/', '/new', '/new/', ''),
  }),
);
const rewrite = fc
  .record({ hostname: fc.constantFrom('inner.example', 'HOST'), path: pathModifier }, { requiredKeys: [] })
  .filter((all) => Object.keys(all).length > 0)
  .map((urlRewrite) => [{ type: 'URLRewrite', urlRewrite }]);
const redirect = fc
  .record(
    {
      scheme: fc.constantFrom('http', 'https'),
      hostname: fc.constantFrom('other.example', 'HOST'),
      path: pathModifier,
      port: fc.constantFrom(80, 443, 8443),
      statusCode: fc.constantFrom(301, 302),
    },
    { requiredKeys: [] },
  )
  .map((requestRedirect) => [{ type: 'RequestRedirect', requestRedirect }]);
/** Where no route leads: which of two copies comes first would be chance. */
const copied = { name: 'service-b-release-v1', namespace: 'coloring', port: 32000 };
const mirror = fc
  .oneof(
    fc.record({ backendRef: fc.constant(copied), percent: fc.constantFrom(0, 100) }),
    fc.record({
      backendRef: fc.constant(copied),
      fraction: fc.constantFrom({ numerator: 0 }, { numerator: 3, denominator: 3 }),
    }),
    fc.record({ backendRef: fc.constantFrom(copied, { name: 'trial-none', port: 80 }) }),
  )
  .map((requestMirror) => [{ type: 'RequestMirror', requestMirror }]);

const forwarding = fc
  .record({
    backendRefs,
    headers: mostly(3, [], modifiers),
    rewrite: mostly(4, [], rewrite),
    mirror: mostly(6, [], mirror),
    timeouts: mostly(
      6,
      undefined,
      fc.constantFrom({ request: '5s' }, { request: '0s', backendRequest: '5s' }),
    ),
  })
  .map(({ backendRefs: refs, headers, rewrite: change, mirror: copies, timeouts }) => ({
    filters: [...headers, ...change, ...copies],
    backendRefs: refs,
    timeouts,
  }));
const redirecting = fc
  .tuple(redirect, mostly(3, [], modifiers))
  .map(([does, headers]) => ({ filters: [...headers, ...does] }));
export const httpRule = fc
  .record({
    matches: fc.array(match, { maxLength: 3 }),
    does: fc.oneof({ weight: 6, arbitrary: forwarding }, { weight: 1, arbitrary: redirecting }),
    name: mostly(4, undefined, fc.constant('named')),
  })
  .map(({ matches, does, name }) => ({
    name,
    matches: fitting(matches, does.filters),
    ...does,
    filters: does.filters.length > 0 ? does.filters : undefined,
  }));

const grpcMethod = fc.oneof(
  fc.record({ service: fc.constantFrom('a', 'b'), method: fc.constantFrom('a', 'b') }),
  fc.record({ service: fc.constantFrom('a', 'b', 'ab') }),
  fc.record({ type: fc.constant('Exact'), method: fc.constantFrom('a', 'b') }),
  fc.record({
    type: fc.constant('RegularExpression'),
    service: fc.constantFrom('a|b', '[ab]+', '.*'),
    method: fc.constantFrom('a', '.*', 'b|c'),
  }),
  fc.record({ type: fc.constant('RegularExpression'), service: fc.constantFrom('a', '[ab]+') }),
);
/** Any request may be one of gRPC, to a rule: the path is all that counts. */
export const grpcRule = fc
  .record({
    matches: fc.option(
      fc.array(someOf({ method: grpcMethod, headers: headerMatches }, 2), { minLength: 1, maxLength: 3 }),
      { nil: undefined },
    ),
    headers: mostly(3, [], modifiers),
    mirror: mostly(6, [], mirror),
    backendRefs,
    name: mostly(4, undefined, fc.constant('named')),
  })
  .map(({ headers, mirror: copies, ...rest }) => {
    const filters = [...headers, ...copies];
    return { ...rest, filters: filters.length > 0 ? filters : undefined };
  });

/** A prefix can be replaced where there is one match, of a prefix. */
function fitting(matches: readonly Record<string, unknown>[], filters: readonly object[]): unknown {
  if (!JSON.stringify(filters).includes('ReplacePrefixMatch'))
    return matches.length > 0 ? matches : undefined;
  const [first = {}] = matches;
  const { type = 'PathPrefix' } = (first.path ?? {}) as { type?: string };
  return [type === 'PathPrefix' ? first : { ...first, path: { value: '/a' } }];
}
