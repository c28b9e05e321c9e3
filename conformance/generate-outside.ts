/** ServiceEntries and DestinationRules for `e.HOST`, a host outside, from so few values that they meet. */
import fc from 'fast-check';
import type { RuleObject } from '../check/world.ts';
import { clean } from './arbitraries.ts';

const outside = 'e.HOST';
const numbers = [80, 8001];

/** Where a route may lead: to the host as a whole, to a subset, to a port that it may lack. */
export const outsideDestination = fc
  .record({
    subset: fc.constantFrom(undefined, 'v1', 'v2'),
    number: fc.constantFrom(undefined, ...numbers),
  })
  .map(({ subset, number }) =>
    clean({ host: outside, subset, ...(number !== undefined && { port: { number } }) }),
  );

const namespace = fc.constantFrom('coloring', 'coloring', 'elsewhere');
const exportTo = fc.constantFrom(
  undefined,
  undefined,
  ['.'],
  ['*'],
  ['coloring'],
  ['elsewhere'],
  ['nowhere'],
  ['.', 'nowhere'],
);

export const serviceEntry: fc.Arbitrary<RuleObject> = fc
  .record({
    namespace,
    exportTo,
    resolution: fc.constantFrom('STATIC', 'STATIC', 'DNS'),
    listed: fc.shuffledSubarray(numbers, { minLength: 1 }),
    version: fc.constantFrom('v1', 'v2'),
  })
  .map(({ namespace, exportTo, resolution, listed, version }) => {
    const ports = listed.map((number) => ({ number, name: `http-${number}`, protocol: 'HTTP' }));
    return object('ServiceEntry', namespace, {
      hosts: [outside],
      exportTo,
      resolution,
      ports,
      endpoints: [
        {
          address: 'OUTSIDE_ADDRESS',
          ports: Object.fromEntries(ports.map(({ name }) => [name, 'OUTSIDE_PORT'])),
          labels: { version },
        },
      ],
    });
  });

const policy = fc.constantFrom(
  undefined,
  undefined,
  { tls: { mode: 'DISABLE' } },
  { loadBalancer: { simple: 'RANDOM' } },
);
const subsets = fc.constantFrom(
  undefined,
  [{ name: 'v1', labels: { version: 'v1' } }],
  [{ name: 'v1', labels: { version: 'v2' } }, { name: 'v2' }],
);

export const destinationRule: fc.Arbitrary<RuleObject> = fc
  .record({
    namespace,
    host: fc.constantFrom(outside, outside, '*.HOST'),
    exportTo,
    subsets,
    trafficPolicy: policy,
    selector: fc.constantFrom(undefined, undefined, undefined, { app: 'client' }, { app: 'nobody' }),
  })
  .map(({ namespace, host, exportTo, subsets, trafficPolicy, selector }) =>
    object('DestinationRule', namespace, {
      host,
      // With a selector nothing else is allowed.
      exportTo: selector ? undefined : exportTo,
      subsets,
      trafficPolicy,
      ...(selector && { workloadSelector: { matchLabels: selector } }),
    }),
  );

function object(kind: string, namespace: string, spec: Record<string, unknown>): RuleObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind,
    metadata: { name: 'trial', namespace },
    spec: clean(spec),
  };
}
