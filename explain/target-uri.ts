/** What is asked: an address as a person types it after curl. */
import type { RequestHead } from '../mesh/routing/decision.ts';

export type TargetUri = Pick<RequestHead, 'scheme' | 'authority' | 'path' | 'port'>;

/**
 * The parts of an http or https URL as curl sends them: host and path keep their capitals, `.` and `..` stay for the
 * proxy to resolve, user and fragment are not sent, and what cannot stand in a request line is percent-encoded.
 * Undefined where it is no such URL.
 */
export function targetUriOf(url: string): TargetUri | undefined {
  const parsed = URL.parse(url);
  const [, host, rest = ''] = /^https?:\/\/(?:[^/?#@]*@)?([^/?#@]+)([^#]*)/i.exec(url.trim()) ?? [];
  if (!parsed || host === undefined) return undefined;
  const scheme = parsed.protocol === 'https:' ? 'https' : 'http';
  return {
    scheme,
    // Other alphabets are sent as the URL standard writes them.
    authority: /^[\x21-\x7e]+$/.test(host) ? host : parsed.host,
    path: (rest.startsWith('/') ? rest : `/${rest}`).replaceAll(/[^\x21-\x7e]/gu, encodeURIComponent),
    port: Number(parsed.port) || (scheme === 'https' ? 443 : 80),
  };
}
