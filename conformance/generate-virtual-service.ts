/** VirtualServices for a host of their own, and other rules that meet them there, over the fields that the local mesh runs. */
import fc from 'fast-check';
import type { RuleObject } from '../check/world.ts';
import { clean, mostly, some, someOf } from './arbitraries.ts';
import { destinationRule, outsideDestination, serviceEntry } from './generate-outside.ts';

const stringMatch = (exact: readonly string[], prefix: readonly string[], regex: readonly string[]) =>
  fc.oneof(
    fc.record({ exact: fc.constantFrom(...exact) }),
    fc.record({ prefix: fc.constantFrom(...prefix) }),
    fc.record({ regex: fc.constantFrom(...regex) }),
  );
const uri = stringMatch(
  ['/', '/a', '/a/', '/a/b', '/A', '/b'],
  ['/', '/a', '/a/', '/A', '/b', '/c.'],
  ['/a', '/a.*', '/[ab]', '.*b', '/a/b|/b', '(?i)/a', '/c.d'],
);
const value = fc.oneof(
  stringMatch(['1', '2', '12', 'A'], ['1', 'A'], ['1', '[0-9]+', '1|2', '.*', 'a?']),
  fc.constant({}),
);
/** An exact empty value would be Istio's way to say `present`, a query parameter with it is refused. */
const parameter = stringMatch(['1', '2', '12'], ['1', 'a'], ['1', '[0-9]+', '.*']);
const authority = stringMatch(['HOST', 'HOST:80', 'x.HOST'], ['HOST', 'x.', 'H'], ['HOST', '.*80', 'x\\..*']);
const header = fc.constantFrom('x-a', 'x-b', 'x-c');

const match = someOf(
  {
    uri,
    method: stringMatch(['GET', 'POST'], ['P', 'G'], ['P.*', 'GET|PUT']),
    authority,
    scheme: fc.constantFrom({ exact: 'http' }, { exact: 'https' }),
    headers: some(['x-a', 'x-b', 'x-c'], value),
    withoutHeaders: some(['x-a', 'x-b', 'x-c'], value),
    queryParams: some(['v', 'w'], parameter),
    port: fc.constantFrom(80, 80, 8080),
    sourceNamespace: fc.constantFrom('coloring', 'elsewhere'),
    sourceLabels: fc.constantFrom({ app: 'client' }, { app: 'other' }),
    gateways: fc.constantFrom(['mesh'], ['coloring'], ['mesh', 'coloring']),
    ignoreUriCase: fc.boolean(),
  },
  3,
).filter((all) => Object.keys(all).some((key) => key !== 'ignoreUriCase'));

const change = fc.record(
  {
    set: some(['x-a', 'x-b', 'x-set', 'x-upstream'], fc.constantFrom('one', 'two')),
    add: some(['x-a', 'x-c', 'x-add'], fc.constantFrom('three', 'four')),
    remove: fc.array(fc.oneof(header, fc.constant('x-upstream')), { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const headers = fc.record({ request: change, response: change }, { requiredKeys: [] });

const portOf = { 'service-a': 31000, 'service-b': 32000 } as const;
const to = (host: keyof typeof portOf, subset: string) => ({ host, subset, port: { number: portOf[host] } });
const destination = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      ...['release', 'release-v1', 'release-v2'].map((subset) => to('service-a', subset)),
      ...['release', 'release-v3'].map((subset) => to('service-b', subset)),
      { ...to('service-a', 'release'), host: 'service-a.coloring.svc.cluster.local' },
    ),
  },
  { weight: 3, arbitrary: outsideDestination },
  // A subset that nobody defines, and a port that the service does not have.
  {
    weight: 1,
    arbitrary: fc.constantFrom(to('service-a', 'release-v9'), { host: 'service-b', subset: 'release' }),
  },
);
const weighted = fc.record({ destination, headers: fc.option(headers, { nil: undefined }) });
/** One destination, or two of which one has all the weight. */
const route = fc.oneof(
  fc.tuple(weighted),
  fc.tuple(weighted, weighted, fc.boolean()).map(([one, other, first]) => [
    { ...one, weight: first ? 100 : 0 },
    { ...other, weight: first ? 0 : 100 },
  ]),
);

const rewrite = fc.oneof(
  fc.record({ uri: fc.constantFrom('/', '/new', '/new/', '/a') }),
  fc.record({ authority: fc.constantFrom('inner.example', 'HOST') }),
  fc.record({ uri: fc.constantFrom('/', '/new'), authority: fc.constant('inner.example') }),
  fc.record({
    uriRegexRewrite: fc.constantFrom(
      { match: '/a', rewrite: '/z' },
      { match: '^/(a|b)(.*)$', rewrite: '/\\1/x\\2' },
      { match: 'nothing', rewrite: 'x' },
    ),
  }),
);
const redirect = fc
  .record(
    {
      uri: fc.constantFrom('/new', '/new?x=y'),
      authority: fc.constantFrom('other.example', 'other.example:81'),
      scheme: fc.constantFrom('http', 'https'),
      port: fc.constantFrom(80, 443, 8443),
      derivePort: fc.constantFrom('FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT'),
      prefixRewrite: fc.constantFrom('/new', '/'),
      redirectCode: fc.constantFrom(301, 302, 303, 307, 308),
    },
    { requiredKeys: [] },
  )
  .filter(({ redirectCode: _, derivePort: __, ...rest }) => Object.keys(rest).length > 0)
  // Of each of these pairs a rule may have one.
  .filter(({ uri, prefixRewrite }) => uri === undefined || prefixRewrite === undefined)
  .filter(({ port, derivePort }) => port === undefined || derivePort === undefined);
const directResponse = fc.record({
  status: fc.constantFrom(200, 403, 404, 503),
  body: fc.constantFrom({ string: 'direct' }, { bytes: 'ZGlyZWN0' }, undefined),
});
const retries = fc.oneof(
  fc.constant({ attempts: 0 }),
  fc.record({
    attempts: fc.constantFrom(1, 2),
    retryOn: fc.constantFrom(
      '5xx',
      'gateway-error',
      '503',
      'reset',
      'connect-failure,refused-stream',
      'retriable-4xx',
    ),
    perTryTimeout: fc.option(fc.constant('4s'), { nil: undefined }),
  }),
);
const always = fc.constantFrom({ value: 0 }, { value: 100 });
const abort = fc.record({ httpStatus: fc.constantFrom(418, 503), percentage: always });
const delay = fc.record({ fixedDelay: fc.constant('5ms'), percentage: always });
const fault = fc.oneof(fc.record({ abort }), fc.record({ delay }), fc.record({ abort, delay }));
/** Where no route leads: which of two copies comes first would be chance. */
const copied = fc.constant(to('service-b', 'release-v1'));
const mirror = fc.oneof(
  fc.record({
    mirror: copied,
    mirrorPercentage: fc.option(always, { nil: undefined }),
  }),
  fc.record({
    mirrors: fc.array(
      fc.record({
        destination: copied,
        percentage: fc.option(always, { nil: undefined }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
);

const action = fc.oneof(
  { weight: 5, arbitrary: forwarding() },
  { weight: 1, arbitrary: fc.record({ redirect }) },
  { weight: 1, arbitrary: fc.record({ directResponse }) },
);
const httpRoute = fc
  .tuple(fc.array(match, { minLength: 1, maxLength: 3 }), action, fc.option(headers, { nil: undefined }))
  .map(([matches, does, changes]) => clean({ match: fitting(matches, does), ...does, headers: changes }));
const lastRoute = fc
  .tuple(forwarding(), fc.option(headers, { nil: undefined }))
  .map(([does, changes]) => clean({ ...does, headers: changes }));

/** A redirect that rewrites the prefix needs one. */
function fitting(matches: readonly Record<string, unknown>[], does: object): unknown {
  const needsPrefix =
    'redirect' in does && (does.redirect as { prefixRewrite?: string }).prefixRewrite !== undefined;
  return needsPrefix ? matches.map((one) => (one.uri ? { ...one, uri: { prefix: '/a' } } : one)) : matches;
}

function forwarding() {
  const rest = someOf(
    {
      rewrite,
      retries,
      fault,
      timeout: fc.constant('5s'),
    },
    2,
  );
  return fc
    .tuple(route, rest, mostly(4, {}, mirror))
    .map(([destinations, others, copies]) => ({ route: destinations, ...others, ...copies }));
}

export const virtualService = fc
  .record({
    routes: fc.array(httpRoute, { minLength: 1, maxLength: 4 }),
    last: fc.option(lastRoute, { nil: undefined }),
    hosts: fc.constantFrom(['HOST'], ['HOST', '*.HOST'], ['*.HOST', 'HOST'], ['e.HOST', 'HOST']),
    gateways: mostly(8, ['coloring', 'mesh'], fc.constantFrom(['coloring'], ['mesh'], undefined)),
    exportTo: mostly(8, undefined, fc.constantFrom(['.'], ['*'], ['elsewhere'])),
  })
  .map(
    ({ routes, last, hosts, gateways, exportTo }): RuleObject => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'trial' },
      spec: clean({ hosts, gateways, exportTo, http: last ? [...routes, last] : routes }),
    }),
  );

/** In the order of their names, in which a cluster creates them too. */
export const besideVirtualService = fc
  .record({
    rivals: mostly(3, [], fc.array(virtualService, { minLength: 1, maxLength: 2 })),
    entries: fc.array(serviceEntry, { maxLength: 2 }),
    policies: fc.array(destinationRule, { maxLength: 3 }),
    order: fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], { minLength: 8 }),
  })
  .map(({ rivals, entries, policies, order }) =>
    [...rivals, ...entries, ...policies].map((one, i) => ({
      ...one,
      metadata: { ...one.metadata, name: `trial-${order[i]}` },
    })),
  );
