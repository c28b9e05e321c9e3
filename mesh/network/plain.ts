/** The network without a mesh: a forward proxy that adds nothing and decides nothing. */
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type Address, addressOf } from '../proxy/address.ts';
import { isHopByHop } from '../proxy/headers.ts';
import { endSoon } from '../proxy/linger.ts';
import * as replies from '../proxy/local-reply.ts';
import { hopsHeader, type IsProxy, nextHop } from '../proxy/loop.ts';
import { targetOf } from '../proxy/target.ts';

/** Where a connection leads; undefined: refused. */
export type Resolve = (host: string, port: number) => Address | undefined;

/** Hands one request on over a connection of its own, as kube-proxy spreads connections, not requests. */
export function handlePlain(
  req: IncomingMessage,
  res: ServerResponse,
  resolve: Resolve,
  isProxy: IsProxy,
): void {
  const target = targetOf(req, 'sidecar');
  if ('refused' in target || !target.address) {
    answer(res, 400, 'an http:// URL, or a Host that names an address, is needed');
    return;
  }
  const { host, port } = target.address;
  const address = resolve(host, port);
  if (!address) {
    answer(res, 502, `${host}:${port}: connection refused: no ready endpoint listens there`);
    return;
  }
  const hops = isProxy(host, port) ? nextHop(req) : '';
  if (hops === undefined) {
    answer(res, replies.loop.status, replies.loop.body.trim());
    return;
  }
  const headers = linesOf(req);
  if (hops) headers.push(hopsHeader, hops);
  // node would send the body of a DELETE without saying where it ends.
  if (req.headers['transfer-encoding']) headers.push('transfer-encoding', 'chunked');
  const upstream = request({
    ...address,
    agent: false,
    method: req.method,
    path: target.path,
    headers,
  });
  upstream.on('response', (from) => {
    res.writeHead(from.statusCode ?? 502, linesOf(from));
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
export function openPlainTunnel(
  req: IncomingMessage,
  from: Socket,
  resolve: Resolve,
  isProxy: IsProxy,
): void {
  const target = addressOf(req.url ?? '', 443);
  const isLoop = target && isProxy(target.host, target.port);
  const address = target && !isLoop && resolve(target.host, target.port);
  if (!address) {
    const status = isLoop ? '508 Loop Detected' : target ? '502 Bad Gateway' : '400 Bad Request';
    endSoon(from, `HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    return;
  }
  const to = connect(address.port, address.host);
  to.on('error', () => from.destroy());
  to.on('close', () => from.destroy());
  from.on('close', () => to.destroy());
  from.write('HTTP/1.1 200 OK\r\n\r\n');
  from.pipe(to).pipe(from);
}

/** What goes on to the other side: all but the headers of the connection. */
function linesOf({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, i, raw) => {
    const name = (raw[i & ~1] as string).toLowerCase();
    return !isHopByHop(name) && name !== hopsHeader;
  });
}

function answer(res: ServerResponse, status: number, reason: string): void {
  res.writeHead(status, { 'content-type': 'text/plain' }).end(`${reason}\n`);
}
