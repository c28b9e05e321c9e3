/**
 * The limit for the local mesh: a gateway and a sidecar that decide nothing, in one process as the mesh's are.
 * SERVICE_A and SERVICE_B are origins; whatever comes to the sidecar goes to service-b.
 */
import type { RequestListener } from 'node:http';
import { Pool } from 'undici';
import { listen, sayListening } from './listen.ts';

const { SERVICE_A = '', SERVICE_B = '' } = process.env;

function forwardTo(origin: string): RequestListener {
  const pool = new Pool(origin);
  return async (req, res) => {
    const url = req.url ?? '/';
    // to a sidecar the target comes with its origin
    const path = url.startsWith('/') ? url : url.slice(url.indexOf('/', 'http://'.length));
    const { connection: _, ...headers } = req.headers;
    const upstream = await pool.request({ method: 'GET', path, headers });
    const { connection, 'keep-alive': __, 'transfer-encoding': ___, ...answered } = upstream.headers;
    res.writeHead(upstream.statusCode, answered);
    upstream.body.pipe(res);
  };
}

sayListening({ port: await listen(forwardTo(SERVICE_A)), sidecar: await listen(forwardTo(SERVICE_B), 0) });
