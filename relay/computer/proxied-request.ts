/** One request to the proxy, handed on to its host. */
import { type Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { abort, join } from '../stream/join.ts';
import { readAuthority, type Target } from '../stream/tunnel.ts';
import { endToEnd, pairs } from './headers.ts';

/** @param upgradable the connection, where another protocol is asked for on it */
export async function handOn(
  req: IncomingMessage,
  res: ServerResponse,
  agentOf: (host: string) => Promise<Agent>,
  upgradable?: Socket,
): Promise<void> {
  res.on('error', () => {}); // `close` follows
  const target = readTarget(req.url);
  if (!target) {
    answer(res, 400, `this is a proxy for http:// requests, not a server: ${req.url}`);
    return;
  }
  try {
    const agent = await agentOf(target.host);
    if (!res.destroyed) send(req, res, { ...target, agent, upgradable });
  } catch (error) {
    answer(res, 502, (error as Error).message);
  }
}

interface Onward extends ProxiedTarget {
  agent: Agent;
  upgradable: Socket | undefined;
}

function send(
  req: IncomingMessage,
  res: ServerResponse,
  { host, port, path, agent, upgradable }: Onward,
): void {
  const headers = endToEnd(req.rawHeaders, upgradable && req.headers.upgrade);
  if (req.headers.host === undefined) headers.push('Host', `${host}:${port}`);
  const onward = request({ host, port, path, method: req.method, headers, agent, setHost: false });
  onward.on('error', (error) => {
    if (res.headersSent) res.destroy();
    else answer(res, 502, error.message);
  });
  onward.on('response', (response) => handBack(response, res));
  onward.on('upgrade', (response, far, head) => {
    if (!upgradable) return abort(far);
    res.detachSocket(upgradable);
    if (head.length > 0) far.unshift(head);
    const lines = pairs(response.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
    const status = `${response.statusCode} ${response.statusMessage}`;
    upgradable.write(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`, 'latin1');
    join(upgradable, far);
  });
  res.once('close', () => {
    if (!res.writableFinished) onward.destroy();
  });
  req.on('error', () => onward.destroy());
  req.pipe(onward);
}

interface ProxiedTarget extends Target {
  path: string;
}

/** A request's target in absolute form, as a proxy gets it (RFC 9112, section 3.2.2). */
function readTarget(url = ''): ProxiedTarget | undefined {
  const [, authority = '', path = ''] = /^http:\/\/(?:[^/?#@]*@)?([^/?#]+)([^#]*)/i.exec(url) ?? [];
  const target = readAuthority(authority) ?? readAuthority(`${authority}:80`);
  return target && { ...target, path: path.startsWith('/') ? path : `/${path}` };
}

function handBack(response: IncomingMessage, res: ServerResponse): void {
  res.writeHead(response.statusCode ?? 502, response.statusMessage, endToEnd(response.rawHeaders));
  res.flushHeaders();
  response.on('error', () => {}); // `close` follows
  response.once('close', () => {
    if (!response.complete) res.destroy();
  });
  response.once('end', () => res.addTrailers(pairs(response.rawTrailers)));
  response.pipe(res);
}

function answer(res: ServerResponse, status: number, text: string): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  res.end(`${text}\n`);
}
