/** Rules of every kind with something wrong in them, more often than not: for the two who say what is valid. */
import fc from 'fast-check';
import { generateTrials, trialHost } from './generate.ts';
import type { RuleObject } from './world.ts';

/** The same seed gives the same rules; about one in five is not spoilt. */
export function generateRules(seed: number, count: number): RuleObject[] {
  const virtualServices = generateTrials(seed, count).map(({ rule }) => rule);
  const spoils = fc.sample(fc.tuple(fc.nat(4), fc.array(spoil, { minLength: 1, maxLength: 2 })), {
    seed,
    numRuns: count,
  });
  return virtualServices.map((virtualService, i) => {
    const [chance = 0, changes = []] = spoils[i] ?? [];
    // Every second one is of another kind.
    const whole = i % 2 === 0 ? virtualService : (others[Math.floor(i / 2) % others.length] as RuleObject);
    const rule = JSON.parse(JSON.stringify(whole).replaceAll(trialHost, 'h.example')) as RuleObject;
    return chance === 0
      ? rule
      : { ...rule, spec: changes.reduce(applySpoil, rule.spec) as Record<string, unknown> };
  });
}

type Spoil = { at: number } & ({ do: 'remove' } | { do: 'replace'; by: unknown } | { do: 'rename' });

const odd = [
  -1,
  0,
  1,
  70_000,
  1.5,
  '',
  '*',
  'x',
  'a b',
  '1us',
  '5s',
  '-1s',
  '%',
  true,
  {},
  [],
  [''],
  '(',
  '/x',
  'a.b.',
  'A_B',
  '10.0.0.1',
  '0',
  'http',
  600,
];

const spoil: fc.Arbitrary<Spoil> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('replace' as const), at: fc.nat(), by: fc.constantFrom(...odd) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), at: fc.nat() }) },
);

/** Changes the `at`-th of all places in the value. */
function applySpoil(value: unknown, change: Spoil): unknown {
  const places = placesIn(value);
  const path = places[change.at % places.length] ?? [];
  return changeAt(value, path, change);
}

type Path = readonly (string | number)[];

/** Not the names of gateways: Istio looks at the first of them only. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return key === 'gateways' ? [] : [here, ...placesIn(inner, here)];
  });
}

function changeAt(value: unknown, [key, ...rest]: Path, change: Spoil): unknown {
  if (Array.isArray(value)) {
    const index = key as number;
    if (rest.length > 0) return value.with(index, changeAt(value[index], rest, change));
    return change.do === 'replace' ? value.with(index, change.by) : value.toSpliced(index, 1);
  }
  const fields = value as Record<string, unknown>;
  const name = key as string;
  if (rest.length > 0) return { ...fields, [name]: changeAt(fields[name], rest, change) };
  const { [name]: old, ...others } = fields;
  if (change.do === 'remove') return others;
  return change.do === 'rename' ? { ...others, [`${name}s`]: old } : { ...fields, [name]: change.by };
}

const others: readonly RuleObject[] = [
  object('DestinationRule', {
    host: 'service-a',
    trafficPolicy: {
      loadBalancer: { consistentHash: { httpCookie: { name: 'c', ttl: '0s' } } },
      connectionPool: {
        tcp: { maxConnections: 1, connectTimeout: '1s' },
        http: { http1MaxPendingRequests: 1, idleTimeout: '5s' },
      },
      outlierDetection: {
        consecutive5xxErrors: 2,
        interval: '1s',
        baseEjectionTime: '1s',
        maxEjectionPercent: 50,
      },
      portLevelSettings: [{ port: { number: 31000 }, loadBalancer: { simple: 'RANDOM' } }],
    },
    subsets: [
      { name: 'release', labels: { version: 'release' } },
      { name: 'v1', labels: { version: 'v1' }, trafficPolicy: { loadBalancer: { simple: 'ROUND_ROBIN' } } },
    ],
    exportTo: ['.'],
  }),
  object('DestinationRule', {
    host: 'service-b.coloring.svc.cluster.local',
    workloadSelector: { matchLabels: { app: 'client' } },
    trafficPolicy: {
      loadBalancer: { consistentHash: { httpQueryParameterName: 'q', ringHash: { minimumRingSize: 64 } } },
      connectionPool: { http: { http2MaxRequests: 1, maxRequestsPerConnection: 1, maxRetries: 1 } },
      outlierDetection: { consecutiveGatewayErrors: 2, minHealthPercent: 50 },
      tls: { mode: 'DISABLE' },
    },
    subsets: [
      {
        name: 'v1',
        labels: { version: 'v1' },
        trafficPolicy: {
          loadBalancer: { consistentHash: { useSourceIp: true } },
          portLevelSettings: [
            { port: { number: 32000 }, loadBalancer: { consistentHash: { httpHeaderName: 'x-user' } } },
          ],
        },
      },
    ],
  }),
  object('Gateway', {
    selector: { istio: 'ingressgateway' },
    servers: [
      {
        port: { number: 80, name: 'http', protocol: 'HTTP' },
        hosts: ['*.example', './a.example'],
        tls: { httpsRedirect: true },
      },
      { port: { number: 8080, name: 'http-alt', protocol: 'HTTP' }, hosts: ['*'] },
    ],
  }),
  object('ServiceEntry', {
    hosts: ['api.outside.example'],
    ports: [{ number: 80, name: 'http', protocol: 'HTTP', targetPort: 8080 }],
    resolution: 'STATIC',
    location: 'MESH_EXTERNAL',
    endpoints: [{ address: '10.0.0.1', ports: { http: 8080 }, labels: { version: 'v1' } }],
    exportTo: ['*'],
  }),
];

function object(kind: string, spec: Record<string, unknown>): RuleObject {
  return { apiVersion: 'networking.istio.io/v1', kind, metadata: { name: 'rule' }, spec };
}
