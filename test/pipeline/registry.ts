/** An image registry in memory, with one user: as much of the OCI distribution protocol as docker push and pull need. */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Manifest {
  digest: string;
  type: string;
  body: Buffer;
}

export interface Registry extends AsyncDisposable {
  /** host:port, on loopback, where Docker takes plain HTTP. */
  address: string;
  /** By repository and tag or digest: `team/service-b:release`. */
  manifests: ReadonlyMap<string, Manifest>;
  /** By digest. */
  blobs: ReadonlyMap<string, Buffer>;
  /** Method and path of each request that was let in. */
  requests: readonly string[];
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
export async function startRegistry(user: string, password: string): Promise<Registry> {
  const manifests = new Map<string, Manifest>();
  const blobs = new Map<string, Buffer>();
  const uploads = new Map<string, Buffer>();
  const requests: string[] = [];
  const credentials = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

  const server = createServer(async (request, response) => {
    if (request.headers.authorization !== credentials) {
      answer(response, 401, { 'www-authenticate': 'Basic realm="registry"' });
      return;
    }
    requests.push(`${request.method} ${request.url}`);
    await serve(request, response);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
    const [, repository = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs)\/([^/]*)$/.exec(pathname) ?? [];
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (pathname === '/v2/') return answer(response, 200);
    if (kind === 'manifests' && reads) {
      const manifest = manifests.get(`${repository}:${reference}`);
      if (!manifest) return answer(response, 404);
      const headers = { 'content-type': manifest.type, 'docker-content-digest': manifest.digest };
      return answer(response, 200, headers, manifest.body);
    }
    if (kind === 'manifests') {
      const body = await buffer(request);
      const manifest = { digest: digestOf(body), type: request.headers['content-type'] ?? '', body };
      for (const name of [reference, manifest.digest]) manifests.set(`${repository}:${name}`, manifest);
      return answer(response, 201, { 'docker-content-digest': manifest.digest });
    }
    if (kind === 'blobs' && reads) {
      const blob = blobs.get(reference);
      return blob
        ? answer(response, 200, { 'docker-content-digest': reference }, blob)
        : answer(response, 404);
    }
    if (kind === 'blobs/uploads') {
      const id = reference || randomUUID();
      const all = Buffer.concat([uploads.get(id) ?? Buffer.alloc(0), await buffer(request)]);
      const location = `/v2/${repository}/blobs/uploads/${id}`;
      if (request.method !== 'PUT') {
        uploads.set(id, all);
        return answer(response, 202, { location, range: `0-${Math.max(0, all.length - 1)}` });
      }
      uploads.delete(id);
      blobs.set(digestOf(all), all);
      const asked = searchParams.get('digest');
      if (asked !== digestOf(all)) return answer(response, 400);
      return answer(response, 201, { location, 'docker-content-digest': asked });
    }
    return answer(response, 404);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    manifests,
    blobs,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  body?: Buffer,
): void {
  response.writeHead(status, { 'content-length': String(body?.length ?? 0), ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
