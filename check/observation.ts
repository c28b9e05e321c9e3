/** What a caller and the upstream saw of one request, without what proxies write for themselves. */
import { type Hop, readTrail } from '../lanes/trail.ts';
import type { HeaderLines, Reply } from './agent/agent.ts';
import { type Arrival, checkHeader, echoHeader } from './agent/echo.ts';

export interface Observation {
  /** 0: no answer. */
  status: number;
  /** `service-a/release-v1`; absent where a proxy answered by itself. */
  served?: string;
  /** `release-v1-0` */
  endpoint?: string;
  /** Every hop that the services tell of; absent where the echo answered. */
  trail?: readonly Hop[];
  arrived?: Message & { http?: string; method: string; path: string; authority: string };
  answer: Message;
  ms: number;
  error?: string;
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
  'x-envoy-decorator-operation': 'for tracing, which the local mesh does not do',
  'x-envoy-peer-metadata': "for telemetry between proxies, by Istio's own build of Envoy",
  'x-envoy-peer-metadata-id': "for telemetry between proxies, by Istio's own build of Envoy",
  'x-b3-traceid': 'written by Envoy where tracing is on',
  'x-b3-spanid': 'written by Envoy where tracing is on',
  'x-b3-parentspanid': 'written by Envoy where tracing is on',
  'x-b3-sampled': 'written by Envoy where tracing is on',
  traceparent: 'written by Envoy where tracing is on',
  tracestate: 'written by Envoy where tracing is on',
  [checkHeader]: "the check's own",
  [echoHeader]: "the check's own",
};

/** Of these it is compared that they are there, and what of their value is not chance, time or place. */
const comparableValue: Readonly<Record<string, (value: string) => string>> = {
  // Fresh ones are random; one digit of a client's says whether it is traced.
  'x-request-id': (value) => (uuid.test(value) ? 'a UUID' : value),
  'x-forwarded-for': withoutPlace,
  'x-envoy-external-address': withoutPlace,
  // What is left of the time after the tries before.
  'x-envoy-expected-rq-timeout-ms': () => 'milliseconds',
  // Who has no cookie to hash is given one made of addresses.
  'set-cookie': (value) => value.replace(/="[0-9a-f]+"/, '="a hash"'),
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Pods and this computer have private addresses, clients in cases write public ones. */
function withoutPlace(addresses: string): string {
  return addresses.replace(/\b(127|10|172|192)(\.\d+){3}\b/g, 'private');
}

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
      http: arrival.http,
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
  const trail = readTrail(body);
  const [first] = trail ?? [];
  if (trail === undefined || first === undefined) return {};
  const { service, version, path, headers } = first;
  const lines = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  const told = {
    method: '',
    path: path ?? '',
    authority: String(headers?.host),
    headers: byName(lines, ignoredRequestHeaders),
    body: '',
  };
  return { served: `${service}/${version}`, endpoint: version, trail, ...(headers && { arrived: told }) };
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
    headers[key].push(comparableValue[key]?.(value) ?? value);
  }
  return Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
}
