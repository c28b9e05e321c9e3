/** Answers that the proxy gives itself: status, body, flag and detail as Envoy words them. */
import { STATUS_CODES } from 'node:http';
import type { DecidedBy } from '../routing/decision.ts';
import type { FaultAbort } from '../rules/model.ts';
import type { ResponseFlag } from './access-log.ts';
import type { HeaderLines } from './headers.ts';
import type { Reset } from './retry.ts';

export interface LocalReply {
  status: number;
  /** What a gRPC call is told, where it does not follow from the status. */
  grpcStatus?: number;
  body: string;
  flag?: ResponseFlag;
  details: string;
  headers?: HeaderLines;
  transportFailure?: string;
  /** The connection is closed behind it. */
  close?: boolean;
}

export const noRoute: LocalReply = { status: 404, body: '', flag: 'NR', details: 'route_not_found' };

/** REGISTRY_ONLY: Istio's catch-all route answers, so it is no failure for Envoy and has no flag. */
export const blockedEgress: LocalReply = { status: 502, body: '', details: 'direct_response' };

/** An HTTPRoute's is a backend that is not there: 500 (route.go, applyHTTPRouteDestination). */
export function unknownCluster(by: DecidedBy | undefined): LocalReply {
  const status = by?.virtualService.ofGatewayApi ? 500 : 503;
  return { status, body: '', flag: 'NC', details: 'cluster_not_found' };
}

export const noHealthyUpstream: LocalReply = {
  status: 503,
  body: 'no healthy upstream',
  flag: 'UH',
  details: 'no_healthy_upstream',
};

export const requestTimeout: LocalReply = {
  status: 504,
  body: 'upstream request timeout',
  flag: 'UT',
  details: 'response_timeout',
};

const perTryTimeout: LocalReply = { ...requestTimeout, details: 'upstream_per_try_timeout' };

/** What Envoy's HTTP/1 codec refuses to read, each with the reason that its access log gives. */
function unreadable(status: number, details: string): LocalReply {
  return { status, body: STATUS_CODES[status] as string, flag: 'DPE', details, close: true };
}

/** Not HTTP/1.1; Istio does not accept HTTP/1.0 unless told to (PILOT_HTTP10). */
export const lowVersion = unreadable(426, 'low_version');
export const tooManyHeaders = unreadable(431, 'http1.too_many_headers');
export const headersTooLarge = unreadable(431, 'http1.headers_too_large');
export const invalidAuthority = unreadable(400, 'http.invalid_authority');
export const invalidUrl = unreadable(400, 'http1.invalid_url');
export const invalidTransferEncoding = unreadable(501, 'http1.invalid_transfer_encoding');
export const codecError = unreadable(400, 'http1.codec_error');

export const missingHost: LocalReply = { status: 400, body: '', details: 'missing_host_header', close: true };

/** `OPTIONS *`, and a URL that has a query and no path. */
export const noPath: LocalReply = { status: 404, body: '', details: 'absolute_path_rejected' };

/** With %00. */
export const badPath: LocalReply = {
  status: 400,
  body: '',
  details: 'path_normalization_failed',
  close: true,
};

/** Envoy sends it on, and the upstream refuses it. */
export const badRewrite: LocalReply = {
  status: 400,
  body: 'the path that a rule makes of this one does not begin with /\n',
  details: 'bad_rewrite',
};

/** CONNECT: no route of Istio's takes it. */
export const connectRefused: LocalReply = { ...noRoute, close: true };

/** No iptables: a sidecar knows the address that the app called from the request alone. */
export const noAddress: LocalReply = {
  status: 400,
  body: 'Host names nothing that a connection could be made to\n',
  details: 'no_address',
  close: true,
};

/** The local mesh's own: Envoy has ports that no request leads back to. */
export const loop: LocalReply = {
  status: 508,
  body: 'this request goes round in the local mesh: its Host, or a rule, leads to one of the proxies\n',
  details: 'loop_detected',
  close: true,
};

/** The local mesh's own: it has a defect. */
export const defect: LocalReply = {
  status: 500,
  body: 'the local mesh has a defect; its access log tells more\n',
  details: 'defect',
  close: true,
};

/** Istio allows WebSocket and nothing else. */
export const upgradeNotAllowed: LocalReply = {
  status: 403,
  body: '',
  details: 'upgrade_failed',
  close: true,
};

/** TLS from the app passes an Istio sidecar unread, by its server name; this one reads HTTP only. */
export const noTls: LocalReply = {
  status: 501,
  body: 'https: not run by the local mesh; use a cluster\n',
  details: 'tls_not_run',
  close: true,
};

/** An abort with a status of gRPC alone is 200 to others. */
export function faultAbort({ httpStatus = 200, grpcStatus }: FaultAbort): LocalReply {
  return {
    status: httpStatus,
    ...(grpcStatus !== undefined && { grpcStatus }),
    body: 'fault filter abort',
    flag: 'FI',
    details: 'fault_filter_abort',
  };
}

const resets: Readonly<Record<Exclude<Reset, 'perTryTimeout'>, { reason: string; flag: ResponseFlag }>> = {
  connectFailure: { reason: 'remote connection failure', flag: 'UF' },
  connectTimeout: { reason: 'connection timeout', flag: 'UF' },
  connectionTermination: { reason: 'connection termination', flag: 'UC' },
  protocolError: { reason: 'protocol error', flag: 'UPE' },
  overflow: { reason: 'overflow', flag: 'UO' },
  remoteReset: { reason: 'remote reset', flag: 'UR' },
  refusedStream: { reason: 'remote refused stream reset', flag: 'UR' },
};

/** How an answer that has begun breaks off. */
export function breakOf(reset: Reset): { flag: ResponseFlag; details: string } {
  const { reason, flag } = resets[reset === 'perTryTimeout' ? 'connectionTermination' : reset];
  return { flag, details: `upstream_reset_after_response_started{${reason.replaceAll(' ', '_')}}` };
}

/**
 * The answer to a request whose last try ended without one.
 * @param retried whether there was a try before it.
 * @param transportFailure what the socket said, in words.
 */
export function resetReply(reset: Reset, retried: boolean, transportFailure: string | undefined): LocalReply {
  if (reset === 'perTryTimeout') return perTryTimeout;
  const { reason, flag } = resets[reset];
  const latest = retried ? 'retried and the latest ' : '';
  const transport = transportFailure ? `, transport failure reason: ${transportFailure}` : '';
  return {
    status: reset === 'protocolError' ? 502 : 503,
    body: `upstream connect error or disconnect/reset before headers. ${latest}reset reason: ${reason}${transport}`,
    flag,
    details: `upstream_reset_before_response_started{${reason.replaceAll(' ', '_')}}`,
    ...(transportFailure ? { transportFailure } : {}),
    ...(reset === 'overflow' ? { headers: ['x-envoy-overloaded', 'true'] } : {}),
  };
}
