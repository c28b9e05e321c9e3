/** The network without a mesh: a forward proxy that adds nothing and decides nothing. */
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { isHopByHop } from './headers.ts';
import { type Address, addressedPort, hostHeader, splitAuthority, targetOf } from './request-lines.ts';
import { tunnelAddress } from './tunnel.ts';

/** Where a connection leads; undefined: refused. */
export type Resolve = (host: string, port: number) => Address | undefined;

/** Hands one request on over a connection of its own, as kube-proxy spreads connections, not requests. */
export function handlePlain(req: IncomingMessage, res: ServerResponse, resolve: Resolve): void {
  const target = targetOf(req, hostHeader(req.rawHeaders), tunnelAddress(req.socket));
  if (!target || target.scheme === 'https') {
    answer(res, 400, 'an http:// URL is needed');
    return;
  }
  const { host, port } = target.address ?? {
    host: splitAuthority(target.authority, 80).host,
    port: addressedPort(target),
  };
  const address = resolve(host, port);
  if (!address) {
    answer(res, 502, `${host}:${port}: connection refused: no ready endpoint listens there`);
    return;
  }
  const upstream = request({
    ...address,
    agent: false,
    method: req.method,
    path: target.path,
    headers: req.rawHeaders.filter((_, i, raw) => !isHopByHop((raw[i & ~1] as string).toLowerCase())),
  });
  upstream.on('response', (from) => {
    const lines = from.rawHeaders.filter((_, i, raw) => !isHopByHop((raw[i & ~1] as string).toLowerCase()));
    res.writeHead(from.statusCode ?? 502, lines);
    from.pipe(res);
    from.on('error', () => res.destroy());
  });
  upstream.on('error', (error) => {
    if (res.headersSent) res.destroy();
    else answer(res, 502, `${host}:${port}: ${error.message}`);
  });
  res.on('close', () => upstream.destroy());
  req.pipe(upstream);
}

function answer(res: ServerResponse, status: number, reason: string): void {
  res.writeHead(status, { 'content-type': 'text/plain' }).end(`${reason}\n`);
}
