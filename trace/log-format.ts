/**
 * Lines of an Envoy's access log, read by the format string that it writes them by
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage).
 */

/** What is read of a line; each as Envoy writes it, `-` where it has none. */
const logFields = {
  startTime: ['START_TIME'],
  method: ['REQ(:METHOD)'],
  path: ['REQ(X-ENVOY-ORIGINAL-PATH?:PATH)', 'REQ(:PATH)'],
  status: ['RESPONSE_CODE'],
  flags: ['RESPONSE_FLAGS'],
  duration: ['DURATION'],
  userAgent: ['REQ(USER-AGENT)'],
  requestId: ['REQ(X-REQUEST-ID)'],
  authority: ['REQ(:AUTHORITY)'],
  upstreamHost: ['UPSTREAM_HOST'],
  upstreamCluster: ['UPSTREAM_CLUSTER_RAW', 'UPSTREAM_CLUSTER'],
  upstreamLocal: ['UPSTREAM_LOCAL_ADDRESS'],
  downstreamLocal: ['DOWNSTREAM_LOCAL_ADDRESS'],
  downstreamRemote: ['DOWNSTREAM_REMOTE_ADDRESS'],
  serverName: ['REQUESTED_SERVER_NAME'],
  route: ['ROUTE_NAME'],
  attempts: ['UPSTREAM_REQUEST_ATTEMPT_COUNT'],
} as const;

type Field = keyof typeof logFields | 'color';

/** One line; without `color`: the format has none. */
export type LogLine = Partial<Record<Field, string>>;

/** @returns undefined for a line that was not written by this format */
export type LineReader = (line: string) => LogLine | undefined;

/** Istio's default, https://istio.io/latest/docs/tasks/observability/logs/access-log/#default-access-log-format */
export const istioFormat =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%';

/** The same with the colour at its end. */
export function coloredFormat(header: string): string {
  return `${istioFormat} "%REQ(${header.toUpperCase()})%"`;
}

/** Istio's own names for the fields of its log as JSON, and what people call the colour there. */
function istioJson(header: string): Record<string, string> {
  const color = `%REQ(${header})%`;
  return {
    start_time: '%START_TIME%',
    method: '%REQ(:METHOD)%',
    path: '%REQ(:PATH)%',
    response_code: '%RESPONSE_CODE%',
    response_flags: '%RESPONSE_FLAGS%',
    duration: '%DURATION%',
    user_agent: '%REQ(USER-AGENT)%',
    request_id: '%REQ(X-REQUEST-ID)%',
    authority: '%REQ(:AUTHORITY)%',
    upstream_host: '%UPSTREAM_HOST%',
    upstream_cluster: '%UPSTREAM_CLUSTER%',
    upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
    downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
    downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
    requested_server_name: '%REQUESTED_SERVER_NAME%',
    route_name: '%ROUTE_NAME%',
    [header]: color,
    [header.replaceAll('-', '_')]: color,
  };
}

export interface LogFormats {
  /** The header that carries the colour. */
  header: string;
  /** Format strings of one's own, beside Istio's. */
  texts?: readonly string[];
  /** Of logs as JSON: what stands under which key, beside Istio's. */
  json?: readonly Readonly<Record<string, string>>[];
}

/** Reads lines of any of these formats, and of Istio's, as text and as JSON. */
export function lineReader({ header, texts = [], json = [] }: LogFormats): LineReader {
  const readers = [...texts, coloredFormat(header), istioFormat].map((format) => textReader(format, header));
  const keys = jsonKeys(Object.assign({}, istioJson(header), ...json), header);
  return (line) => {
    if (line.startsWith('{')) return readJson(line, keys);
    for (const read of readers) {
      const found = read(line);
      if (found) return found;
    }
    return undefined;
  };
}

/** The field that an operator gives; undefined for those that nobody reads. */
function fieldOf(operator: string, header: string): Field | undefined {
  const upper = operator.toUpperCase();
  if (upper === `REQ(${header.toUpperCase()})`) return 'color';
  for (const [field, operators] of Object.entries(logFields)) {
    // A date may have a format of its own: START_TIME(%s).
    if (operators.some((one) => one === upper)) return field as Field;
  }
  return undefined;
}

interface Part {
  field: Field | undefined;
  /** The text up to the next operator, or to the end. */
  after: string;
}

/**
 * What a client wrote may have anything in it, and what stands around it as well. So a line is read from its beginning
 * to the user-agent, and from its end back to it.
 */
function textReader(format: string, header: string): LineReader {
  const [before = '', ...rest] = format.trimEnd().split(/%((?:[^%(]|\([^)]*\))+)%/);
  const parts: Part[] = [];
  for (let i = 0; i < rest.length; i += 2)
    parts.push({ field: fieldOf(rest[i] ?? '', header), after: rest[i + 1] ?? '' });
  const free = parts.findIndex(({ field }) => field === 'userAgent');
  const pivot = free < 0 ? parts.length - 1 : free;

  return (line) => {
    if (!line.startsWith(before)) return undefined;
    const found: LogLine = {};
    let start = before.length;
    for (let i = 0; i < pivot; i++) {
      const { field, after } = parts[i] as Part;
      const end = after === '' ? -1 : line.indexOf(after, start);
      if (end < 0) return undefined;
      if (field) found[field] = line.slice(start, end);
      start = end + after.length;
    }
    let end = line.length;
    for (let i = parts.length - 1; i >= pivot; i--) {
      const { field, after } = parts[i] as Part;
      if (!line.endsWith(after, end)) return undefined;
      const valueEnd = end - after.length;
      const literal = i === pivot ? '' : (parts[i - 1] as Part).after;
      const valueStart = i === pivot ? start : startBehind(line, literal, valueEnd);
      if (valueStart < start || valueStart > valueEnd) return undefined;
      if (field) found[field] = line.slice(valueStart, valueEnd);
      end = valueStart;
    }
    return found;
  };
}

/** Where the value begins that ends here and has this text before it; -1: nowhere. */
function startBehind(line: string, literal: string, valueEnd: number): number {
  const at = literal === '' ? -1 : line.lastIndexOf(literal, valueEnd - literal.length);
  return at < 0 ? -1 : at + literal.length;
}

/** By key: which field stands there. Values with more than one operator in them are left out. */
function jsonKeys(labels: Readonly<Record<string, string>>, header: string): [string, Field][] {
  return Object.entries(labels).flatMap(([key, value]): [string, Field][] => {
    const field = fieldOf(/^%(.+)%$/.exec(value)?.[1] ?? '', header);
    return field ? [[key, field]] : [];
  });
}

function readJson(line: string, keys: readonly [string, Field][]): LogLine | undefined {
  let data: Record<string, unknown>;
  try {
    data = JSON.parse(line);
  } catch {
    return undefined; // cut off, or no JSON
  }
  const found: LogLine = {};
  for (const [key, field] of keys) {
    const value = data[key];
    if (value !== undefined) found[field] = value === null || value === '' ? '-' : String(value);
  }
  // istiod's agent may write a log of its own as JSON, too.
  return found.status !== undefined && found.startTime !== undefined ? found : undefined;
}
