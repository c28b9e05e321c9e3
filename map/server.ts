/** The map's server: the page, what it listens to, and what it asks for. It knows a mesh as a MeshSource only. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { currentPrepared } from '../runtime/prepared.ts';
import { Access } from './access.ts';
import { answerNoRequest, answerRaw, BadBody, commonHeaders, sendJson, sendProblem } from './answers.ts';
import { Assets } from './assets.ts';
import { Audience } from './audience.ts';
import { commandsOf } from './commands.ts';
import { HeadStart } from './head-start.ts';
import { type PageFiles, pageFiles } from './page-files.ts';
import { RateLimit } from './rate-limit.ts';
import { Sender } from './sender.ts';
import { keptSession, newSecret } from './session.ts';
import { type MeshSource, Refusal } from './source.ts';

export interface TrafficMap {
  port: number;
  /** Lets one browser in; after that another one has to be asked for. */
  url: string;
  /**
   * Resolves when a page that is opened at once has drawn its first picture; where none is, after a moment. Until then
   * nothing should begin that takes the processor.
   */
  headStart(): Promise<void>;
  close(): Promise<void>;
}

/** Changes that a page may ask for in a second. */
const changesPerSecond = 50;

const serverOptions: ServerOptions = {
  // With its body. Set later it would be taken for that of the headers, which is longer by default.
  requestTimeout: 10_000,
  // Otherwise slow ones are looked for every half a minute only.
  connectionsCheckingInterval: 2_000,
  // Node would refuse without a word; Access does with one.
  requireHostHeader: false,
};

/**
 * Serves the map of `source` on 127.0.0.1.
 * @param port 0: any free one
 * @param page as they are now, if it is not said
 * @throws node's error where the port is taken
 */
export async function serveMap(source: MeshSource, port: number, page?: PageFiles): Promise<TrafficMap> {
  const assets = new Assets(page ?? (await pageFiles(currentPrepared('page'))));
  // A port of chance is another one at the next start.
  const session = port === 0 ? newSecret() : await keptSession(port);
  const sender = new Sender(() => source.entrance());
  const audience = new Audience(source, sender);
  const commands = commandsOf(source, sender, audience);
  const limit = new RateLimit(changesPerSecond);
  const policy = assets.contentSecurityPolicy;
  const headStart = new HeadStart();
  let access: Access;

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const stray = access.strayHost(req);
    if (stray) return sendProblem(res, stray.status, stray.reason);
    const url = URL.parse(req.url ?? '/', 'http://localhost');
    if (!url) return sendProblem(res, 400, 'This target is no URL.');
    const isRead = req.method === 'GET' || req.method === 'HEAD';
    const token = isRead && url.pathname === '/' ? url.searchParams.get('token') : null;
    const newCookie = token === null ? undefined : access.admit(token);
    // The page itself comes with it: a browser that follows a link of another site takes no strict cookie to a redirect.
    const denial = newCookie ? undefined : access.denial(req);
    if (denial) return sendProblem(res, denial.status, denial.reason);
    if (isRead && url.pathname === '/events') {
      headStart.drawn();
      return audience.welcome(req, res);
    }
    const command = commands.get(`${isRead ? 'GET' : req.method} ${url.pathname}`);
    if (command) {
      if (!isRead && !limit.allows(performance.now()))
        return sendProblem(res, 429, `At most ${changesPerSecond} changes a second are taken.`);
      return sendJson(res, await command(req, url.searchParams));
    }
    const isPage = url.pathname === '/';
    if (isPage) headStart.askedFor();
    const asset = isRead
      ? await (isPage ? assets.page(source.lanes()) : assets.get(url.pathname))
      : undefined;
    if (!asset) return sendProblem(res, 404, `There is no ${req.method} ${url.pathname} here.`);
    res.writeHead(200, {
      ...commonHeaders,
      'content-type': asset.type,
      'content-encoding': 'gzip',
      'content-length': asset.gzip.length,
      'content-security-policy': policy,
      ...(newCookie && { 'set-cookie': newCookie }),
    });
    res.end(req.method === 'HEAD' ? undefined : asset.gzip);
  };

  const server = createServer(serverOptions, (req, res) => {
    handle(req, res).catch((error: unknown) => {
      if (res.headersSent) res.destroy();
      else if (error instanceof Refusal || error instanceof BadBody)
        sendProblem(res, error.status, error.message);
      else sendProblem(res, 500, (error as Error).message);
    });
  });
  server.on('checkExpectation', (_, res) => sendProblem(res, 417, 'Only 100-continue can be expected here.'));
  server.on('connect', (_, socket) => answerRaw(socket, 501, 'The map is no proxy.'));
  server.on('clientError', answerNoRequest);
  try {
    await listenOn(server, port);
  } catch (error) {
    audience.close();
    throw error;
  }
  void assets.warm();
  const taken = (server.address() as AddressInfo).port;
  access = new Access(taken, session);
  return {
    port: taken,
    get url() {
      return `http://localhost:${taken}/?token=${access.token ?? access.renew()}`;
    },
    headStart: () => headStart.over(),
    close: async () => {
      audience.close();
      await sender.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listenOn(server: Server, port: number): Promise<void> {
  const listening = once(server, 'listening');
  server.listen(port, '127.0.0.1');
  await listening;
}
