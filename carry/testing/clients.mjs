/** Every client of a program under test: asks `${origin}${path}`, and resolves to the text of the answer. */
import { once } from 'node:events';
import http, { get as namedGet } from 'node:http';
import http2 from 'node:http2';
import { text } from 'node:stream/consumers';

/** @typedef {{ http: string, h2c: string, grpc: string }} Origins of the one that is called. */
/** @typedef {(path: string, headers: Record<string, string>) => Promise<string>} Ask */

/** @param {Origins} origins */
export async function clientsOf(origins) {
  const { default: axios } = await import('axios');
  const { default: got } = await import('got');
  const undici = await import('undici');
  const grpc = await import('@grpc/grpc-js');

  const url = (path) => origins.http + path;
  const session = http2.connect(origins.h2c);
  session.unref();
  const limited = new undici.Pool(origins.http, { connections: 2 });
  const keepAlive = new http.Agent({ keepAlive: true, maxSockets: 2 });
  const stub = new grpc.Client(origins.grpc, grpc.credentials.createInsecure());

  const answered = async (request) => {
    const [response] = await once(request, 'response');
    return text(response);
  };

  /** @type {Record<string, Ask>} */
  return {
    'http.request': (path, headers) => answered(http.request(url(path), { headers }).end()),
    'http.request by options': (path, headers) => {
      const { hostname, port } = new URL(origins.http);
      return answered(http.request({ hostname, port, path, headers, agent: keepAlive }).end());
    },
    'http.request, headers in a list': (path, headers) => {
      const list = ['Host', new URL(origins.http).host, ...Object.entries(headers).flat()];
      return answered(http.request(url(path), { headers: list }).end());
    },
    'http.request, Expect': async (path, headers) => {
      const request = http.request(url(path), {
        method: 'POST',
        headers: { ...headers, expect: '100-continue' },
      });
      request.on('continue', () => request.end('body'));
      return answered(request);
    },
    'http.get by name': (path, headers) => answered(namedGet(url(path), { headers })),
    'http, callbacks': (path, headers) =>
      new Promise((resolve, reject) => {
        http.get(url(path), { headers, agent: keepAlive }, (first) => {
          first.resume().on('end', () => {
            // from the end of one answer to the next request, as a chain of calls does
            http
              .get(url(path), { headers, agent: keepAlive }, (second) => resolve(text(second)))
              .on('error', reject);
          });
        });
      }),
    fetch: async (path, headers) => (await fetch(url(path), { headers })).text(),
    axios: async (path, headers) => (await axios.get(url(path), { headers, responseType: 'text' })).data,
    got: (path, headers) => got(url(path), { headers }).text(),
    'undici.request': async (path, headers) => (await undici.request(url(path), { headers })).body.text(),
    'undici.fetch': async (path, headers) => (await undici.fetch(url(path), { headers })).text(),
    'undici, pool with a limit': async (path, headers) =>
      (await limited.request({ method: 'GET', path, headers })).body.text(),
    'undici, events of the body': (path, headers) =>
      new Promise((resolve, reject) => {
        limited.request({ method: 'GET', path, headers }).then(({ body }) => {
          body.resume().on('end', () => {
            undici.request(url(path), { headers }).then((second) => resolve(second.body.text()), reject);
          });
        }, reject);
      }),
    http2: async (path, headers) => {
      const stream = session.request({ ':path': path, ...headers });
      return text(stream);
    },
    'grpc-js': (path, headers) =>
      new Promise((resolve, reject) => {
        const metadata = new grpc.Metadata();
        for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
        stub.makeUnaryRequest(
          '/echo.Echo/Say',
          (value) => Buffer.from(value),
          (bytes) => bytes.toString(),
          path,
          ...(Object.keys(headers).length > 0 ? [metadata] : []),
          (error, value) => (error ? reject(error) : resolve(value ?? '')),
        );
      }),
  };
}
