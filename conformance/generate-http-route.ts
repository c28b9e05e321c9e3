/**
 * HTTPRoutes and GRPCRoutes of one Gateway and one Service of their own, with what they need beside them. Names are given in the order of
 * namespaces: Istio takes the older first, of one second that by namespace and then by name, and so both are the same at any speed.
 */

import fc from 'fast-check';
import type { RuleObject } from '../check/world.ts';
import { gatewayApiGroup, gatewayApiV1 } from '../mesh/rules/gateway-api/model.ts';
import { clean, mostly } from './arbitraries.ts';
import { grpcRule, httpRule } from './generate-http-rule.ts';

/** Whom requests ask for, by where they come in. */
export const apiHosts = {
  gateway: ['HOST', 'HOST', 'HOST', 'HOST:80', 'x.HOST', 'y.x.HOST', 'h-HOST'],
  mesh: [
    'trial.coloring',
    'trial.coloring',
    'trial.coloring:80',
    'trial',
    'trial.coloring.svc.cluster.local',
    'trial.elsewhere',
  ],
} as const;

const namespaces = ['coloring', 'coloring', 'coloring', 'elsewhere'];

const listener = fc.constantFrom(
  { name: 'all' },
  { name: 'all', hostname: 'HOST' },
  { name: 'all', hostname: '*.HOST' },
  { name: 'all', port: 8080 },
);
const allowedRoutes = mostly(
  4,
  { namespaces: { from: 'All' } },
  fc.constantFrom(
    undefined,
    { namespaces: { from: 'Same' } },
    {
      namespaces: {
        from: 'Selector',
        selector: { matchLabels: { 'kubernetes.io/metadata.name': 'coloring' } },
      },
    },
    { namespaces: { from: 'All' }, kinds: [{ kind: 'GRPCRoute' }] },
    { namespaces: { from: 'All' }, kinds: [{ kind: 'GRPCRoute' }, { kind: 'HTTPRoute' }] },
  ),
);
/** No two of one port and hostname, as the CRD wants it. */
const listeners = fc
  .tuple(mostly(2, { name: 'all' }, listener), fc.option(listener, { nil: undefined }), allowedRoutes)
  .map(([one, other, allowed]) =>
    [
      { ...one, allowedRoutes: { namespaces: { from: 'All' } } },
      ...(other && JSON.stringify(other) !== JSON.stringify(one)
        ? [{ ...other, name: 'other', allowedRoutes: allowed }]
        : []),
    ].map((each) => clean({ port: 80, protocol: 'HTTP', ...each })),
  );
const gateway = listeners.map((all) =>
  object('Gateway', 'istio-system', 'trial', {
    gatewayClassName: 'istio',
    addresses: [{ type: 'Hostname', value: 'ingressgateway.istio-system.svc.cluster.local' }],
    listeners: all,
  }),
);

/** All of a trial with a port, or all without: which of the two comes first in a sidecar is chance within a second. */
const parents = (port: number | undefined) => {
  const ofGateway = fc
    .record(
      {
        sectionName: fc.constantFrom('all', 'other'),
        port: fc.constantFrom(80, 80, 8080),
      },
      { requiredKeys: [] },
    )
    .map((rest) => ({ name: 'trial', namespace: 'istio-system', ...rest }));
  const door = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ name: 'trial', namespace: 'istio-system' }) },
    { weight: 1, arbitrary: ofGateway },
  );
  const service = mostly(8, 'coloring', fc.constant('elsewhere')).map((namespace) =>
    clean({ group: '', kind: 'Service', name: 'trial', namespace, port }),
  );
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(door, service) },
    { weight: 2, arbitrary: fc.tuple(door) },
    { weight: 2, arbitrary: fc.tuple(service) },
  );
};
const hostnames = fc.constantFrom(
  ['HOST'],
  ['HOST'],
  ['HOST', 'x.HOST'],
  ['*.HOST'],
  ['*.HOST', 'HOST'],
  ['x.HOST', '*.x.HOST'],
);
/** Four in five are HTTPRoutes. */
const route = (port: number | undefined) => {
  const rules = <Rule>(one: fc.Arbitrary<Rule>) => fc.array(one, { minLength: 1, maxLength: 3 });
  return fc
    .record({
      namespace: fc.constantFrom(...namespaces),
      parentRefs: parents(port),
      hostnames,
      written: fc.oneof(
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('HTTPRoute'), rules: rules(httpRule) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('GRPCRoute'), rules: rules(grpcRule) }) },
      ),
    })
    .map(({ namespace, parentRefs, hostnames: hosts, written: { kind, rules } }) =>
      object(kind, namespace, 'trial', { parentRefs, hostnames: hosts, rules: named(rules) }),
    );
};

/** A name is given once. */
function named(rules: readonly { name: string | undefined }[]): unknown[] {
  const first = rules.findIndex(({ name }) => name !== undefined);
  return rules.map((one, i) => clean({ ...one, name: i === first ? one.name : undefined }));
}

/** The Service has endpoints in its own namespace only. */
const services = ['coloring', 'elsewhere'].map((namespace) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'trial', namespace },
  spec: {
    selector: { app: 'service-b', version: 'release' },
    ports: [{ name: 'http', port: 80, targetPort: 'http', appProtocol: 'http' }],
  },
}));

/** What one namespace lets the other name. */
const grant = fc
  .record({
    to: fc.constantFrom('coloring', 'elsewhere'),
    kind: mostly(4, 'HTTPRoute', fc.constant('GRPCRoute')),
    name: mostly(4, 'trial', fc.constant('trial-none')),
  })
  .map(({ to, kind, name }) => ({
    ...object('ReferenceGrant', to, 'trial', {
      from: [{ group: gatewayApiGroup, kind, namespace: to === 'coloring' ? 'elsewhere' : 'coloring' }],
      to: [{ group: '', kind: 'Service', name }],
    }),
    apiVersion: `${gatewayApiGroup}/v1beta1`,
  }));

export const apiRules: fc.Arbitrary<{ rule: RuleObject; beside: RuleObject[] }> = fc
  .constantFrom(undefined, 80)
  .chain((port) =>
    fc.record({
      routes: fc.array(route(port), { minLength: 1, maxLength: 4 }),
      gateway,
      grants: fc.array(grant, { maxLength: 2 }),
    }),
  )
  .map(({ routes, gateway: door, grants }) => {
    const [rule, ...others] = lettered(routes);
    const beside = [...others, door, ...services.filter((one) => isNamed(one, routes)), ...lettered(grants)];
    return { rule: rule as RuleObject, beside };
  });

/** To the local mesh a Service among the rules that no route names is not there. */
function isNamed({ metadata }: RuleObject, routes: readonly RuleObject[]): boolean {
  return routes.some(({ metadata: { namespace: own }, spec }) => {
    let isFound = false;
    JSON.stringify(spec, (_, value: unknown) => {
      const { name, namespace = own } = Object(value) as { name?: string; namespace?: string };
      if (name === metadata.name && namespace === metadata.namespace) isFound = true;
      return value;
    });
    return isFound;
  });
}

function lettered(objects: readonly RuleObject[]): RuleObject[] {
  const ordered = objects.toSorted(({ metadata: a }, { metadata: b }) =>
    `${a.namespace}` < `${b.namespace}` ? -1 : a.namespace === b.namespace ? 0 : 1,
  );
  return ordered.map((one, i) => ({
    ...one,
    metadata: { ...one.metadata, name: `trial-${String.fromCharCode(97 + i)}` },
  }));
}

function object(kind: string, namespace: string, name: string, spec: Record<string, unknown>): RuleObject {
  return { apiVersion: gatewayApiV1, kind, metadata: { name, namespace }, spec: clean(spec) };
}
