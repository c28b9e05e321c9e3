/** A line of an Envoy's access log as a hop: whose it is, who was at the other end, and what is known of the colour. */
import { noColor, parseColor } from '../carry/color.ts';
import type { LoggedHop, Party, Seen } from './hop.ts';
import type { LogLine } from './log-format.ts';

/** Who is who. */
export interface Directory {
  /** By address, without port. */
  at(address: string): Party | undefined;
  /** What is known of a colour by the route that a request took. */
  route(name: string): RouteColors | undefined;
}

export interface RouteColors {
  /** What the caller sent, if this route took it. */
  matched?: Seen;
  /** It gives the request a colour, or takes it away: what the log has is not what the caller sent. */
  sets?: true;
}

/** Whoever calls and is seen only by the proxy of the one he calls. */
const outside: Party = { service: 'outside' };

/** @param proxy whose log it is. @returns undefined where the line says too little */
export function hopOf(line: LogLine, proxy: Party, directory: Directory): LoggedHop | undefined {
  const startedAt = Date.parse(line.startTime ?? '');
  if (Number.isNaN(startedAt)) return undefined;
  const { upstreamCluster = '-' } = line;
  const inbound = upstreamCluster.startsWith('inbound|') || upstreamCluster.startsWith('InboundPassthrough');
  const route = given(line.route);
  const userAgent = given(line.userAgent);
  const flags = given(line.flags);
  return {
    requestId:
      given(line.requestId) ?? `none ${line.startTime} ${line.downstreamRemote} ${line.upstreamLocal}`,
    ...(inbound ? arrival(line, proxy, directory) : departure(line, proxy, directory)),
    method: line.method ?? '-',
    path: line.path ?? '-',
    startedAt,
    durationMs: numberOf(line.duration) ?? 0,
    status: numberOf(line.status) ?? 0,
    flags: flags ? flags.split(',') : [],
    ...(route && { route }),
    ...(userAgent && { userAgent }),
    attempts: numberOf(line.attempts) ?? 1,
  };
}

/** What the callee's proxy saw: it knows the caller by his address only. */
function arrival(
  line: LogLine,
  proxy: Party,
  { at }: Directory,
): Pick<LoggedHop, 'from' | 'to' | 'seen' | 'view'> {
  const near = given(line.downstreamRemote);
  const far = given(line.downstreamLocal);
  const logged = loggedColor(line);
  return {
    from: at(addressOf(near)) ?? outside,
    to: proxy,
    seen: logged ? { out: logged } : {},
    view: { by: 'callee', ...(near && { near }), ...(far && { far }) },
  };
}

/** What the caller's proxy saw, or a gateway. */
function departure(
  line: LogLine,
  from: Party,
  directory: Directory,
): Pick<LoggedHop, 'from' | 'to' | 'seen' | 'view'> {
  const near = given(line.upstreamLocal);
  const far = given(line.upstreamHost);
  const to = directory.at(addressOf(far)) ?? namedCallee(line);
  const byRoute = directory.route(line.route ?? '-');
  const logged = loggedColor(line);
  const sent = byRoute?.sets ? byRoute.matched : (logged ?? byRoute?.matched);
  const arrived = logged ?? (byRoute?.sets ? undefined : byRoute?.matched);
  return {
    from,
    ...(to && { to }),
    seen: {
      ...(sent && { in: sent }),
      ...(arrived && { out: arrived }),
      ...(byRoute?.sets && { set: true }),
    },
    view: { by: 'caller', ...(near && { near }), ...(far && { far }) },
  };
}

/** By the name of the upstream cluster, `outbound|80|v1|api.shop.svc.cluster.local`; of no subset no version. */
function namedCallee({ upstreamCluster = '', upstreamHost }: LogLine): Party | undefined {
  const [, , subset, host = ''] = upstreamCluster.split('|');
  const [service] = host.split('.');
  if (!service) return undefined;
  return { service, ...(subset && given(upstreamHost) && { version: subset }) };
}

function loggedColor({ color }: LogLine): Seen | undefined {
  return color === undefined ? undefined : { color: color === noColor ? color : parseColor(color).color };
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value === '-' || value === '' ? undefined : value;
}

function numberOf(value: string | undefined): number | undefined {
  const number = Number(value);
  return value === undefined || Number.isNaN(number) ? undefined : number;
}

/** `10.0.0.1` of `10.0.0.1:80`, `fd00::1` of `[fd00::1]:80`. */
function addressOf(address = ''): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
