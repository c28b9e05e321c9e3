/** Hops for tests, written in short. */
import { gateway, type LoggedHop, type Party } from './hop.ts';

/** `gateway`, `service-a/release-v1` */
function party(name: string): Party {
  const [service = '', version] = name.split('/');
  return service === gateway.service ? gateway : { service, ...(version && { version }) };
}

/**
 * A hop that went well.
 * @param way `gateway > service-a/release`
 * @param color as the caller sent it and the proxy sent it on; undefined: none
 */
export function hop(way: string, color: string | undefined, more: Partial<LoggedHop> = {}): LoggedHop {
  const [from = '', to = ''] = way.split(' > ');
  return {
    requestId: 'r1',
    from: party(from),
    ...(to && { to: party(to) }),
    ...(color !== undefined && { colorIn: color, colorOut: color }),
    method: 'GET',
    path: '/',
    startedAt: 1_000,
    durationMs: 10,
    status: 200,
    flags: [],
    attempts: 1,
    ...more,
  };
}
