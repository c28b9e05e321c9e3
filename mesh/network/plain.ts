/** The network without a mesh: a forward proxy that adds nothing and decides nothing. */
import { type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { isHopByHop } from '../proxy/headers.ts';
import { type Address, addressedPort, hostHeader, splitAuthority, targetOf } from '../proxy/request-lines.ts';

/** Where a connection leads; undefined: refused. */
export type Resolve = (host: string, port: number) => Address | undefined;

/** Hands one request on over a connection of its own, as kube-proxy spreads connections, not requests. */
export function handlePlain(req: IncomingMessage, res: ServerResponse, resolve: Resolve): void {
  const target = targetOf(req, hostHeader(req.rawHeaders), undefined);
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

/** Accepts CONNECT: one endpoint for as long as the connection lives, whatever goes through it, as kube-proxy does. */
export function acceptPlainTunnels(server: Server, resolve: Resolve): void {
  server.on('connect', (req: IncomingMessage, from: Duplex, head: Buffer) => {
    from.on('error', () => from.destroy());
    const { host, port } = splitAuthority(req.url ?? '', 443);
    const address = resolve(host, port);
    if (!address) {
      from.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    const to = connect(address.port, address.host);
    to.on('error', () => from.destroy());
    to.on('close', () => from.destroy());
    from.on('close', () => to.destroy());
    from.write('HTTP/1.1 200 OK\r\n\r\n');
    to.write(head);
    from.pipe(to).pipe(from);
  });
}

function answer(res: ServerResponse, status: number, reason: string): void {
  res.writeHead(status, { 'content-type': 'text/plain' }).end(`${reason}\n`);
}
