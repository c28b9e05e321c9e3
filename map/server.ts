/** The map's server: the page, what it listens to, and what it asks for. It knows a mesh as a MeshSource only. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Access } from './access.ts';
import { BadBody, commonHeaders, sendJson, sendProblem } from './answers.ts';
import { Assets } from './assets.ts';
import { Audience } from './audience.ts';
import { commandsOf } from './commands.ts';
import { RateLimit } from './rate-limit.ts';
import { Sender } from './sender.ts';
import { keptSession, newSecret } from './session.ts';
import { type MeshSource, Refusal } from './source.ts';

export interface TrafficMap {
  port: number;
  /** Lets one browser in; after that another one has to be asked for. */
  url: string;
  close(): Promise<void>;
}

/** Changes that a page may ask for in a second. */
const changesPerSecond = 50;

/**
 * Serves the map of `source` on 127.0.0.1.
 * @param port 0: any free one
 * @throws node's error where the port is taken
 */
export async function serveMap(source: MeshSource, port: number): Promise<TrafficMap> {
  const assets = await Assets.open();
  // A port of chance is another one at the next start.
  const session = port === 0 ? newSecret() : await keptSession(port);
  const sender = new Sender(() => source.entrance());
  const audience = new Audience(source, sender);
  const commands = commandsOf(source, sender, audience);
  const limit = new RateLimit(changesPerSecond);
  const policy = assets.contentSecurityPolicy;
  let access: Access;

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const stray = access.strayHost(req);
    if (stray) return sendProblem(res, stray.status, stray.reason);
    const url = new URL(req.url ?? '/', 'http://localhost');
    const token = url.searchParams.get('token');
    const cookie = url.pathname === '/' && token !== null ? access.admit(token) : undefined;
    if (cookie) return welcome(res, cookie);
    const denial = access.denial(req);
    if (denial) return sendProblem(res, denial.status, denial.reason);
    const isRead = req.method === 'GET' || req.method === 'HEAD';
    if (isRead && url.pathname === '/events') return audience.welcome(req, res);
    const command = commands.get(`${isRead ? 'GET' : req.method} ${url.pathname}`);
    if (command) {
      if (!isRead && !limit.allows(performance.now()))
        return sendProblem(res, 429, `At most ${changesPerSecond} changes a second are taken.`);
      return sendJson(res, await command(req, url.searchParams));
    }
    const asset = isRead ? await assets.get(url.pathname) : undefined;
    if (!asset) return sendProblem(res, 404, `There is no ${req.method} ${url.pathname} here.`);
    res.writeHead(200, {
      ...commonHeaders,
      'content-type': asset.type,
      'content-encoding': 'gzip',
      'content-length': asset.gzip.length,
      'content-security-policy': policy,
    });
    res.end(req.method === 'HEAD' ? undefined : asset.gzip);
  };

  const server = createServer((req, res) => {
    handle(req, res).catch((error: unknown) => {
      if (res.headersSent) res.destroy();
      else if (error instanceof Refusal || error instanceof BadBody)
        sendProblem(res, error.status, error.message);
      else sendProblem(res, 500, (error as Error).message);
    });
  });
  server.requestTimeout = 10_000;
  try {
    await listenOn(server, port);
  } catch (error) {
    audience.close();
    throw error;
  }
  const taken = (server.address() as AddressInfo).port;
  access = new Access(taken, session);
  void assets.warm();
  return {
    port: taken,
    get url() {
      return `http://localhost:${taken}/?token=${access.token ?? access.renew()}`;
    },
    close: async () => {
      audience.close();
      await sender.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * The cookie, and then the page: asked for by this answer and not by a redirect, as a browser keeps a strict cookie to
 * itself while it still follows a link of another site.
 */
function welcome(res: ServerResponse, cookie: string): void {
  res
    .writeHead(200, {
      ...commonHeaders,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      'set-cookie': cookie,
    })
    .end('<!doctype html><title>Traffic map</title><meta http-equiv="refresh" content="0;url=/">');
}

async function listenOn(server: Server, port: number): Promise<void> {
  const listening = once(server, 'listening');
  server.listen(port, '127.0.0.1');
  await listening;
}
