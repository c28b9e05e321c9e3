/**
 * gRPC by @grpc/grpc-js, as lesson 19 has it: a server with one method, which tells who answers as the services do, and a
 * client whose channel is one connection. Pods have it as one file together with the library; run by itself it serves.
 */
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import type { Reply, RequestBatch } from './agent.ts';

const path = '/workshop.Trail/Ask';

// Any bytes may be a message; JSON spares a compiler for Protocol Buffers.
const serialize = (value: unknown) => Buffer.from(JSON.stringify(value));
const deserialize = (bytes: Buffer): unknown => JSON.parse(bytes.toString());

/** @param port 0: any free one @returns where it listens */
export async function serveGrpc(
  service: string,
  version: string,
  host: string,
  port: number,
): Promise<{ port: number; close: () => void }> {
  const server = new Server();
  const ask = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  };
  server.addService(
    { ask },
    {
      ask: ({ metadata }: { metadata: Metadata }, answer: (error: null, value: unknown) => void) => {
        const color = String(metadata.get('project-version')[0] ?? '-');
        answer(null, { trail: [{ service, version, color, path }] });
      },
    },
  );
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  );
  return { port: await promise, close: () => server.forceShutdown() };
}

/** Clients by address and authority; each has a connection of its own, which it opens again where it breaks. */
export class GrpcClients {
  readonly #clients = new Map<string, Client>();

  /** Status 200 stands for gRPC's OK; any other is told as an error. */
  async send(batch: RequestBatch, longestWaitMs: number): Promise<Omit<Reply, 'ms'>> {
    const { promise, resolve } = Promise.withResolvers<Omit<Reply, 'ms'>>();
    const metadata = new Metadata();
    for (const [name, value] of batch.headers) if (name !== 'host') metadata.add(name, value);
    const client = this.#client(batch);
    const deadline = Date.now() + longestWaitMs;
    client.makeUnaryRequest(path, serialize, deserialize, {}, metadata, { deadline }, (error, value) =>
      resolve({
        status: error ? 0 : 200,
        headers: [],
        body: error ? '' : JSON.stringify(value),
        ...(error && { error: error.message }),
      }),
    );
    const reply = await promise;
    if (batch.connection === 'new') client.close();
    return reply;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #client({ address, port, headers, connection }: RequestBatch): Client {
    const authority = headers.find(([name]) => name === 'host')?.[1] ?? `${address}:${port}`;
    const key = `${address}:${port} ${authority}`;
    const open = this.#clients.get(key);
    if (open && connection !== 'new') return open;
    const client = new Client(`${address}:${port}`, credentials.createInsecure(), {
      'grpc.default_authority': authority,
      'grpc.enable_http_proxy': 0,
      // Otherwise all clients of a process share connections.
      'grpc.use_local_subchannel_pool': 1,
    });
    if (connection !== 'new') this.#clients.set(key, client);
    return client;
  }
}

if (import.meta.main) {
  const { SERVICE_NAME = '', PROJECT_VERSION = '', PORT = '0' } = process.env;
  await serveGrpc(SERVICE_NAME, PROJECT_VERSION, '0.0.0.0', Number(PORT));
}
