/** The limit: the pair with no framework. With SERVICE_B_URL it is service-a, without it service-b. */
import { Pool } from 'undici';
import { listen, sayListening } from './listen.ts';

const upstream = process.env.SERVICE_B_URL ? new Pool(process.env.SERVICE_B_URL) : undefined;

const port = await listen(async (req, res) => {
  res.setHeader('content-type', 'text/plain');
  if (!upstream) {
    res.end('release');
    return;
  }
  const headers = { 'project-version': req.headers['project-version'] ?? '-' };
  const { body } = await upstream.request({ method: 'GET', path: req.url ?? '/', headers });
  res.end(await body.text());
});
sayListening({ port });
