/** Where a redirect leads: Istio's `redirect` as Envoy's RedirectAction carries it out. */
import type { Redirect, UriMatch } from '../rules/model.ts';
import type { RequestHead } from './decision.ts';
import { pathRewrite } from './rewrite.ts';

/** Computes the Location of a redirect for one request. */
export type Location = (head: RequestHead) => string;

/**
 * The Location of `redirect` for requests that matched by `uri` on a plain-text listener of `port`.
 * What the rule leaves out stays as the client sent it; the query stays unless the new uri has one of its own.
 * https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRedirect
 */
export function redirectLocation(redirect: Redirect, uri: UriMatch | undefined, port: number): Location {
  const newPort = portSuffix(redirect, port);
  const rewritten = pathRewrite({ uri: redirect.prefixRewrite }, uri);
  return (head) => {
    const newScheme = redirect.scheme ?? head.scheme;
    const host = redirect.authority || hostLeft(head, newScheme, newPort !== '');
    return `${newScheme}://${host}${newPort}${rewritten ? rewritten(head.path) : pathOf(redirect.uri, head.path)}`;
  };
}

/** `httpsRedirect` of a Gateway's server: the same address, host and port as they came, by https. */
export function httpsLocation(head: RequestHead): string {
  return `https://${head.authority}${head.path}`;
}

/** Istio never writes the default port of the scheme (route.go, ApplyRedirect). */
function portSuffix(redirect: Redirect, listenerPort: number): string {
  if (redirect.port === undefined || redirect.port === 'FROM_PROTOCOL_DEFAULT') return '';
  const port = redirect.port === 'FROM_REQUEST_PORT' ? listenerPort : redirect.port;
  return port === (redirect.scheme === 'https' ? 443 : 80) ? '' : `:${port}`;
}

/** The request's host; its port goes when a new one is given, or was the default of a scheme that changes. */
function hostLeft(head: RequestHead, newScheme: string, portGiven: boolean): string {
  const [, host = head.authority, port = ''] = /^(.*)(:\d*)$/.exec(head.authority) ?? [];
  const wasDefault = newScheme !== head.scheme && port === (head.scheme === 'http' ? ':80' : ':443');
  return portGiven || wasDefault ? host : head.authority;
}

function pathOf(uri: string | undefined, path: string): string {
  if (!uri) return path;
  const query = path.indexOf('?');
  return uri.includes('?') || query === -1 ? uri : uri + path.slice(query);
}
