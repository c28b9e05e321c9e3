/** What a caller and the upstream saw of one request, without what proxies write for themselves. */
import type { HeaderLines, Reply } from './agent.ts';
import { type Arrival, checkHeader, echoHeader } from './echo.ts';

export interface Observation {
  /** 0: no answer. */
  status: number;
  /** `service-a/release-v1`; absent where a proxy answered by itself. */
  served?: string;
  /** `release-v1-0` */
  endpoint?: string;
  /** Every hop that the services tell of; absent where the echo answered. */
  trail?: readonly TrailHop[];
  arrived?: Message & { method: string; path: string; authority: string };
  answer: Message;
  ms: number;
  error?: string;
}

/** As the kit's services tell it. */
interface TrailHop {
  service: string;
  version: string;
  color: string;
  path: string;
  headers?: Readonly<Record<string, string | string[]>>;
}

export interface Message {
  /** Lower-case names; the values in the order of their lines. */
  headers: Readonly<Record<string, readonly string[]>>;
  body: string;
}

/** Headers that are not compared, each with the reason. */
const ignoredRequestHeaders: Readonly<Record<string, string>> = {
  host: 'told as the authority',
  connection: 'belongs to one connection',
  'keep-alive': 'belongs to one connection',
  'transfer-encoding': 'belongs to one connection',
  'content-length': 'framing: Envoy sends on as it came, undici computes it',
  'x-request-id': 'random',
  'x-forwarded-for': "the caller's address",
  'x-forwarded-client-cert': 'mTLS, which the local mesh has none of',
  'x-envoy-attempt-count': 'for the upstream proxy',
  'x-envoy-expected-rq-timeout-ms': 'a time: what is left of it after the tries before',
  'x-envoy-decorator-operation': 'for tracing',
  'x-envoy-peer-metadata': 'for telemetry between proxies',
  'x-envoy-peer-metadata-id': 'for telemetry between proxies',
  'x-envoy-internal': "whether the caller's address is private",
  'x-envoy-external-address': "the caller's address",
  'x-b3-traceid': 'tracing',
  'x-b3-spanid': 'tracing',
  'x-b3-parentspanid': 'tracing',
  'x-b3-sampled': 'tracing',
  traceparent: 'tracing',
  tracestate: 'tracing',
  [checkHeader]: "the check's own",
  [echoHeader]: "the check's own",
};

const ignoredAnswerHeaders: Readonly<Record<string, string>> = {
  connection: 'belongs to one connection',
  'keep-alive': 'belongs to one connection',
  'transfer-encoding': 'belongs to one connection',
  'content-length': 'framing; the bodies are compared',
  date: 'the time',
  'x-envoy-upstream-service-time': 'a time',
  'x-envoy-decorator-operation': 'for tracing',
  'x-envoy-peer-metadata': 'for telemetry between proxies',
  'x-envoy-peer-metadata-id': 'for telemetry between proxies',
};

/** The observation in a reply: of the upstream's answer, or of the proxy's own. */
export function observe(reply: Reply): Observation {
  const headers = byName(reply.headers, ignoredAnswerHeaders);
  const arrival = arrivalIn(reply.body);
  const common = { status: reply.status, ms: reply.ms, ...(reply.error ? { error: reply.error } : {}) };
  if (arrival === undefined) {
    return { ...common, ...observeTrail(reply.body), answer: { headers, body: reply.body } };
  }
  return {
    ...common,
    served: `${arrival.service}/${arrival.version}`,
    endpoint: arrival.endpoint,
    arrived: {
      method: arrival.method,
      path: arrival.path,
      authority: arrival.authority,
      headers: byName(arrival.headers, ignoredRequestHeaders),
      body: arrival.body,
    },
    answer: { headers, body: '' },
  };
}

/** The hops in an answer of the kit's services, good or bad; nothing in any other. */
function observeTrail(body: string): Pick<Observation, 'served' | 'endpoint' | 'trail' | 'arrived'> {
  const trail = trailIn(body);
  const [first] = trail ?? [];
  if (trail === undefined || first === undefined) return {};
  const { service, version, path, headers } = first;
  const lines = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  const told = {
    method: '',
    path,
    authority: String(headers?.host),
    headers: byName(lines, ignoredRequestHeaders),
    body: '',
  };
  return { served: `${service}/${version}`, endpoint: version, trail, ...(headers && { arrived: told }) };
}

function trailIn(body: string): TrailHop[] | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    return (JSON.parse(body) as { trail?: TrailHop[] }).trail;
  } catch {
    return undefined;
  }
}

function arrivalIn(body: string): Arrival | undefined {
  if (!body.startsWith('{"echo":')) return undefined;
  try {
    return (JSON.parse(body) as { echo: Arrival }).echo;
  } catch {
    return undefined; // Cut off in the middle: then it is not an answer, but a body.
  }
}

function byName(lines: HeaderLines, ignored: Readonly<Record<string, string>>): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of lines) {
    const key = name.toLowerCase();
    if (key in ignored) continue;
    headers[key] ??= [];
    headers[key].push(value);
  }
  return Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
}
