/** For tests of the mesh: apps that answer as told, and a mesh that steers between them by rules given as YAML. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  request,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Mesh, type MeshOptions, type Sidecar, startMesh } from '../mesh.ts';
import type { Endpoint } from '../network/registry.ts';
import type { AccessLogEntry } from '../proxy/access-log.ts';
import { rulesOf } from '../rules/testing.ts';

export interface App {
  endpoint: Endpoint;
  /** Heads of the requests that came, in order. */
  seen: IncomingMessage[];
  close(): Promise<void>;
}

/** An app that answers by `handler`; by default its version and nothing else. */
export async function startApp(version: string, handler?: RequestListener): Promise<App> {
  const seen: IncomingMessage[] = [];
  const server = createServer((req, res) => {
    seen.push(req);
    if (handler) handler(req, res);
    else res.end(version);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { name: version, address: '127.0.0.1', port, labels: { version }, ready: true },
    seen,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Sends all requests to service `b`. */
export const toB = 'route: [{ destination: { host: b } }]';

/** A VirtualService for `b` with these routes, as the items of `http`. */
export function virtualService(routes: string, hosts = '[b]'): string {
  return `
kind: VirtualService
apiVersion: networking.istio.io/v1
metadata: { name: b }
spec:
  hosts: ${hosts}
  http:
    ${routes.trim()}
`;
}

/** The same for whatever comes in, and a Gateway that takes everything. */
export function atGateway(routes: string): string {
  return `
kind: Gateway
apiVersion: networking.istio.io/v1
metadata: { name: door }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
---${virtualService(routes, '["*"]\n  gateways: [door]')}`;
}

interface Answer {
  status: number;
  body: string;
  headers: IncomingMessage['headers'];
}

interface Call {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
}

export interface World {
  mesh: Mesh;
  apps: App[];
  sidecar: Sidecar;
  /** Entries in the order in which requests ended. */
  log: AccessLogEntry[];
  /** Sends a request through the sidecar of a caller in namespace `test`; resolves once it is in the log. */
  call(url: string, call?: Call): Promise<Answer>;
  /** Sends a request to the gateway; resolves once it is in the log. */
  enter(path: string, call?: Call): Promise<Answer>;
  /** The next entry of the access log that ends after this call. */
  nextEntry(): Promise<AccessLogEntry>;
  close(): Promise<void>;
}

/** A service `b` in namespace `test`, port 80, with these apps, and the gateway and one sidecar before it. */
export async function startWorld(
  apps: App[],
  yaml: string,
  options: Partial<MeshOptions> = {},
): Promise<World> {
  const log: AccessLogEntry[] = [];
  const waiting: ((entry: AccessLogEntry) => void)[] = [];
  const mesh = await startMesh({
    rules: rulesOf(yaml, { defaultNamespace: 'test' }),
    registry: {
      services: [
        {
          name: 'b',
          namespace: 'test',
          ports: [{ name: 'http', number: 80 }],
          endpoints: apps.map(({ endpoint }) => endpoint),
        },
      ],
    },
    onAccessLog: (entry) => {
      log.push(entry);
      for (const tell of waiting.splice(0)) tell(entry);
    },
    ...options,
  });
  const sidecar = await mesh.sidecar({ name: 'a/v1', namespace: 'test', labels: { app: 'a' } });
  const nextEntry = () => new Promise<AccessLogEntry>((resolve) => waiting.push(resolve));
  /** The client may have its answer a moment before the proxy knows that it is out. */
  const logged = async (proxy: string, target: string, call: Call = {}) => {
    const entry = nextEntry();
    try {
      return await send(proxy, target, call);
    } finally {
      await entry;
    }
  };
  return {
    mesh,
    apps,
    sidecar,
    log,
    call: (url, call) => logged(sidecar.proxyUrl, url, { headers: { host: new URL(url).host }, ...call }),
    enter: (path, call) => logged(mesh.gateway.url, path, call),
    nextEntry,
    close: async () => {
      await mesh.close();
      await Promise.all(apps.map((app) => app.close()));
    },
  };
}

/** One request to `proxy` with this request target. */
async function send(
  proxy: string,
  path: string,
  { method = 'GET', headers, body }: Call = {},
): Promise<Answer> {
  const { hostname, port } = new URL(proxy);
  const req = request({ hostname, port, path, method, headers: headers ?? {}, agent: false });
  req.end(body);
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of res.setEncoding('utf8')) text += chunk;
  return { status: res.statusCode ?? 0, body: text, headers: res.headers };
}
