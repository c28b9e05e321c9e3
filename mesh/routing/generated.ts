/**
 * Rules and requests for property tests, as a person might write them: a few hosts, headers and values, so that they
 * meet often.
 */
import fc from 'fast-check';
import type { RuleSet } from '../rules/model.ts';
import type { RequestHead } from './decision.ts';
import { rulesOf } from './testing.ts';

const host = fc.constantFrom('service-b', 'service-b.coloring.svc.cluster.local', 'a.example.com');
const hosts = fc.oneof(
  fc.uniqueArray(host, { minLength: 1, maxLength: 1 }),
  fc.constantFrom(['service-b', 'a.example.com'], ['*.example.com'], ['*.coloring.svc.cluster.local']),
);
const text = fc.constantFrom('release', 'release-v1', 'release-v2');
const stringMatch = fc.oneof(
  text.map((exact) => ({ exact })),
  text.map((prefix) => ({ prefix })),
  fc.constantFrom('release.*', 'v[12]', '.*').map((regex) => ({ regex })),
);
const uri = fc.oneof(
  fc.constantFrom('/', '/api', '/API').map((prefix) => ({ prefix })),
  fc.constantFrom('/', '/api/x').map((exact) => ({ exact })),
  fc.constantFrom('/.*', '/a[^/]*').map((regex) => ({ regex })),
);
const method = fc.constantFrom({ exact: 'GET' }, { regex: 'GET|POST' });
const authority = fc.constantFrom({ prefix: 'service-b' }, { exact: 'a.example.com' });
const seldom = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const header = fc.constantFrom('project-version', 'end-user');
const valueMatch = fc.oneof({ weight: 4, arbitrary: stringMatch }, fc.constant({}));
const match = fc.record({
  name: maybe(fc.constantFrom('m1', 'm2')),
  uri: maybe(uri),
  method: maybe(method),
  authority: seldom(authority),
  headers: maybe(fc.dictionary(header, valueMatch, { noNullPrototype: true })),
  withoutHeaders: seldom(fc.dictionary(header, valueMatch, { noNullPrototype: true })),
  queryParams: seldom(fc.dictionary(fc.constantFrom('a', 'b'), stringMatch, { noNullPrototype: true })),
  port: seldom(fc.constantFrom(80, 31000, 32000)),
  gateways: seldom(fc.constantFrom(['mesh'], ['gw'], ['gw', 'mesh'])),
  ignoreUriCase: maybe(fc.boolean()),
});
const headerChange = fc.record({
  set: maybe(fc.dictionary(header, text, { noNullPrototype: true })),
  add: maybe(fc.dictionary(header, text, { noNullPrototype: true })),
  remove: maybe(fc.array(header)),
});
const headers = maybe(fc.record({ request: maybe(headerChange), response: maybe(headerChange) }));
const destination = fc.record({
  host,
  subset: maybe(fc.constantFrom('release', 'release-v1', 'release-v9')),
});
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ route: fc.tuple(fc.record({ destination, headers })) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      route: fc.array(fc.record({ destination, headers, weight: fc.integer({ min: 1, max: 100 }) }), {
        minLength: 2,
        maxLength: 3,
      }),
      rewrite: maybe(
        fc.oneof(
          fc.record({ uri: fc.constantFrom('/', '/new') }),
          fc.constant({ uriRegexRewrite: { match: '/a(p*)', rewrite: '\\1' } }),
        ),
      ),
      mirror: maybe(destination),
    }),
  },
  fc.record({
    redirect: fc.record({ uri: fc.constantFrom('/new', '/new?x=y'), port: maybe(fc.constantFrom(80, 8080)) }),
  }),
  fc.record({ directResponse: fc.record({ status: fc.integer({ min: 200, max: 599 }) }) }),
);
const route = fc
  .record({ match: maybe(fc.array(match, { minLength: 1, maxLength: 3 })), headers, action })
  .map(({ action: { ...how }, ...rest }) => ({ ...rest, ...how }));
const virtualService = fc.record({
  hosts,
  gateways: maybe(fc.constantFrom(['mesh'], ['gw'], ['gw', 'mesh'])),
  exportTo: seldom(fc.constantFrom(['.'], ['*'], ['istio-system'])),
  http: fc.array(route, { minLength: 1, maxLength: 8 }),
});
const documents = fc.array(virtualService, { minLength: 1, maxLength: 4 }).map((specs) => [
  {
    kind: 'Gateway',
    metadata: { name: 'gw' },
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    },
  },
  ...specs.map((spec, i) => ({ kind: 'VirtualService', metadata: { name: `vs-${i}` }, spec })),
]);
/** Rules that Istio would take. */
export const rules: fc.Arbitrary<RuleSet> = documents.map((objects) => {
  const apiVersion = 'networking.istio.io/v1';
  return rulesOf(objects.map((object) => JSON.stringify({ apiVersion, ...object })).join('\n---\n'));
});

const sent = fc.oneof(text, fc.string(), fc.array(text, { minLength: 1, maxLength: 3 }));
/** Requests that mostly find something, and some that nobody would send. */
export const requestHead: fc.Arbitrary<RequestHead> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'CONNECT'),
  path: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('/', '/api/x?a=release', '/API', '/app', '*', '') },
    fc.webPath(),
    fc.string(),
  ),
  authority: fc.oneof(
    { weight: 6, arbitrary: host },
    host.map((name) => `${name}:32000`),
    fc.constantFrom('x.example.com', '[::1]:80', ''),
    fc.string(),
  ),
  scheme: fc.constantFrom('http', 'https'),
  port: fc.constantFrom(80, 80, 32000, 32000, 9999),
  headers: fc.dictionary(header, sent),
});
