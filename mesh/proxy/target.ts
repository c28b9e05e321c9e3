/** What a request says about where it wants to go, as Envoy reads it, and what it refuses to read. */

import type { ProxyIdentity } from '../routing/decision.ts';
import { type Address, addressOf, isAuthority, isUrlAuthority } from './address.ts';
import type { ClientRequest } from './client.ts';
import * as replies from './local-reply.ts';
import { tunnelAddress } from './tunnel.ts';

export interface Target {
  /** Host with port, as it came: what rules match. */
  authority: string;
  /** Path with query, as it came. */
  path: string;
  scheme: 'http' | 'https';
  /** Where the app's connection would lead without proxies: of a sidecar only, as nobody chooses for a gateway. */
  address?: Address;
}

/** Visible ASCII: what Envoy lets through in a request line. */
const urlCharacters = /^[\x21-\x7e]*$/;

/**
 * Reads where a request wants to go, or says what Envoy answers to one that it cannot read
 * (source/common/http/http1/codec_impl.cc, handlePath; conn_manager_impl.cc, decodeHeaders).
 */
export function targetOf(
  req: ClientRequest,
  type: ProxyIdentity['type'],
): Target | { refused: replies.LocalReply } {
  const url = req.url ?? '/';
  if (!urlCharacters.test(url)) return { refused: replies.invalidUrl };
  const host = belongsToConnection(req, 'host') ? undefined : hostHeader(req.rawHeaders);
  const isHostReplaced = type === 'gateway' && /^https?:\/\//i.test(url);
  if (host !== undefined && !isHostReplaced && !isAuthority(host))
    return { refused: replies.invalidAuthority };
  if (req.method === 'CONNECT')
    return { refused: isAuthority(url) ? replies.connectRefused : replies.invalidUrl };
  if (url === '*' && req.method === 'OPTIONS') return { refused: replies.noPath };
  if (!url.startsWith('/')) return ofAbsoluteUrl(url, host, type);
  if (host === undefined) return { refused: replies.missingHost };
  const target: Target = { authority: host, path: url, scheme: 'http' };
  return type === 'gateway' ? target : addressed(target, tunnelAddress(req.socket) ?? addressOf(host, 80));
}

/** The form for proxies. To a sidecar the URL stands for the address that the app would have connected to. */
function ofAbsoluteUrl(
  url: string,
  host: string | undefined,
  type: ProxyIdentity['type'],
): Target | { refused: replies.LocalReply } {
  const [, protocol = '', authority = '', rest = ''] = /^(https?):\/\/([^/?#]+)(.*)$/i.exec(url) ?? [];
  const scheme = protocol.toLowerCase() as 'http' | 'https';
  const isGateway = type === 'gateway';
  const address = isGateway ? undefined : addressOf(authority, scheme === 'https' ? 443 : 80);
  const isReadable = isGateway ? isUrlAuthority(authority) : address && !authority.endsWith(':');
  if (!isReadable) return { refused: replies.invalidUrl };
  if (scheme === 'https') return { refused: replies.noTls };
  if (rest.startsWith('?')) return { refused: replies.noPath };
  const path = rest.startsWith('#') ? `/${rest}` : rest || '/';
  const named = authority.slice(authority.lastIndexOf('@') + 1);
  if (isGateway) return { authority: named, path, scheme };
  // Rules go by Host, as behind iptables.
  return { authority: host || named, path, scheme, address };
}

function addressed(target: Target, address: Address | undefined): Target | { refused: replies.LocalReply } {
  return address ? { ...target, address } : { refused: replies.noAddress };
}

/** Whether `Connection` names this header, so that Envoy takes it away first. */
function belongsToConnection({ headers }: ClientRequest, name: string): boolean {
  const { connection } = headers;
  if (connection === undefined || connection.length < name.length) return false;
  return connection.split(',').some((one) => one.trim().toLowerCase() === name);
}

/** The Host header; Envoy joins several of them, as it does with every header that may come once only. */
function hostHeader(rawHeaders: readonly string[]): string | undefined {
  let host: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    const value = rawHeaders[i + 1] as string;
    host = host === undefined ? value : `${host},${value}`;
  }
  return host;
}
