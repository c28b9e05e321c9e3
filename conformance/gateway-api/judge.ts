/** What is wrong with an answer, as the tests of the module compare (conformance/utils/http/http.go, CompareRoundTrip). */
import type { Arrival } from './echo.ts';
import type { RequestFact } from './facts.ts';

export interface EchoAnswer {
  status: number;
  /** Names in lower case, several lines joined by commas. */
  headers: Readonly<Record<string, string>>;
  /** Absent where no backend answered. */
  arrival?: Arrival;
}

/** @param host as it was sent */
export function problemsOf(fact: RequestFact, host: string, answer: EchoAnswer): string[] {
  const { send, status, backend, redirect } = fact;
  if (send.protocol === 'grpc') {
    const was = answer.headers['grpc-status'];
    if (was !== String(fact.grpcStatus)) return [`grpc-status ${fact.grpcStatus}: was ${was}`];
    if (fact.grpcStatus !== 0) return [];
  }
  if (!status.includes(answer.status)) return [`status ${status.join(' or ')}: was ${answer.status}`];
  const problems = redirect ? redirectProblems(redirect, send.path, host, answer.headers.location ?? '') : [];
  if (answer.status !== 200) return problems;
  const { arrival } = answer;
  if (!arrival) return ['no backend answered'];
  if (backend !== undefined && arrival.backend !== backend) {
    problems.push(`backend ${backend}: was ${arrival.backend}`);
  }
  const { path = send.path, method = send.method, headers = send.headers, absent = [] } = fact.arrived ?? {};
  const expectedHost = fact.arrived?.host ?? send.host;
  if (expectedHost !== undefined && !('Host' in send.headers) && arrival.host !== expectedHost) {
    problems.push(`host ${expectedHost}: was ${arrival.host}`);
  }
  if (arrival.path !== path) problems.push(`path ${path}: was ${arrival.path}`);
  if (arrival.method !== method) problems.push(`method ${method}: was ${arrival.method}`);
  problems.push(...headerProblems('arrived with', headers, absent, arrival.headers));
  const { headers: answered = {}, absent: gone = [], oneOf = {} } = fact.answer ?? {};
  problems.push(...headerProblems('answered with', answered, gone, answer.headers));
  for (const [name, values] of Object.entries(oneOf)) {
    const value = answer.headers[name.toLowerCase()] ?? '';
    if (!values.includes(value))
      problems.push(`answered with ${name}: one of ${values.join(', ')}: was ${value}`);
  }
  return problems;
}

function headerProblems(
  what: string,
  wanted: Readonly<Record<string, string>>,
  absent: readonly string[],
  headers: Readonly<Record<string, string>>,
): string[] {
  return [
    ...Object.entries(wanted)
      .map(([name, value]) => ({ name, value, was: headers[name.toLowerCase()] }))
      .filter(({ value, was }) => was !== value)
      .map(({ name, value, was }) => `${what} ${name}: ${value}: was ${was ?? 'absent'}`),
    ...absent
      .filter((name) => headers[name.toLowerCase()] !== undefined)
      .map((name) => `${what} no ${name}: was ${headers[name.toLowerCase()]}`),
  ];
}

/** What the test leaves out is as the request was; the default port of a scheme may be left out. */
function redirectProblems(
  wanted: NonNullable<RequestFact['redirect']>,
  path: string,
  host: string,
  location: string,
): string[] {
  const url = URL.parse(location, `http://${host}`);
  if (!url) return [`a redirect: was to ${JSON.stringify(location)}`];
  const asked = new URL(path, `http://${host}`);
  const defaults: Record<string, string> = { http: '80', https: '443' };
  const scheme = wanted.scheme ?? 'http';
  const port = wanted.port || defaults[scheme];
  const got = {
    scheme: url.protocol.slice(0, -1),
    path: url.pathname,
    port: url.port || defaults[url.protocol.slice(0, -1)],
  };
  return [
    ...(got.scheme === scheme ? [] : [`redirected to scheme ${scheme}: was ${location}`]),
    ...(got.path === (wanted.path ?? asked.pathname)
      ? []
      : [`redirected to path ${wanted.path}: was ${location}`]),
    ...(got.port === port ? [] : [`redirected to port ${port}: was ${location}`]),
    ...(wanted.host === undefined || url.hostname === wanted.host
      ? []
      : [`redirected to ${wanted.host}: was ${location}`]),
  ];
}
