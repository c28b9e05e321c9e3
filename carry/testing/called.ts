/** The service that is called in the end, in each protocol: it notes which headers came with which path. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import grpc from '@grpc/grpc-js';

type Seen = Record<string, string | string[] | undefined>;

export interface Called extends AsyncDisposable {
  /** Where each protocol listens. */
  origins: { http: string; h2c: string; grpc: string };
  /** Headers of all calls so far, by path. */
  seen: Map<string, Seen[]>;
}

/** Answers each call with its colour, or `none`. */
export async function startCalled(): Promise<Called> {
  const seen: Called['seen'] = new Map();
  const note = (path: string, headers: Seen): string => {
    seen.set(path, [...(seen.get(path) ?? []), headers]);
    return String(headers['project-version'] ?? 'none');
  };

  const answer: RequestListener = (req, res) => {
    req.resume();
    // head and body apart: what the client does at the end it does from its connection
    res.flushHeaders();
    const said = note(req.url ?? '', req.headers);
    setTimeout(() => res.end(said), 1);
  };
  const http = createServer(answer);
  const h2c = createHttp2Server((req, res) => res.end(note(req.url, req.headers)));
  const calls = new grpc.Server();
  const say: grpc.handleUnaryCall<string, string> = (call, done) => {
    const headers = Object.fromEntries(
      Object.entries(call.metadata.getMap()).map(([name, value]) => [name, String(value)]),
    );
    done(null, note(call.request, headers));
  };
  calls.addService(
    {
      Say: {
        path: '/echo.Echo/Say',
        requestStream: false,
        responseStream: false,
        requestSerialize: Buffer.from,
        requestDeserialize: String,
        responseSerialize: Buffer.from,
        responseDeserialize: String,
      },
    },
    { Say: say },
  );
  const grpcPort = await new Promise<number>((resolve, reject) => {
    calls.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
  return {
    origins: {
      http: await originOf(http),
      h2c: await originOf(h2c as unknown as Server),
      grpc: `127.0.0.1:${grpcPort}`,
    },
    seen,
    [Symbol.asyncDispose]: async () => {
      calls.forceShutdown();
      http.closeAllConnections();
      await Promise.all([http, h2c].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function originOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
