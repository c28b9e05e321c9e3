/** The client beside axios as it comes: of the same options both make the same, on either of the client's two ways. */
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import axios, { type Axios, type AxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { afterAll, describe, expect, it } from 'vitest';
import { listening } from '../testing/apps.ts';
import { createOutbound } from './outbound.ts';

/** Answers by the first word of the path; to all others it tells what it was asked. */
const server = await listening(async (req, res) => {
  const body = await text(req);
  const [, word, value] = (req.url?.split('?')[0] ?? '').split('/');
  res.setHeader('x-twice', ['1', '2']).setHeader('set-cookie', 'a=1');
  if (word === 'status') res.writeHead(Number(value)).end('"why"');
  else if (word === 'away') res.writeHead(302, { location: '/arrived?x=1' }).end();
  else if (word === 'round') res.writeHead(302, { location: '/round' }).end();
  else if (word === 'gzip')
    res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"un":"packed"}'));
  else if (word === 'bom') res.end('\ufeff{"a":1}');
  else if (word === 'text') res.end('no JSON');
  else if (word === 'long') res.end('x'.repeat(300_000));
  else if (word === 'hang-up') res.destroy();
  // not even a head: where one arrives in the very turn in which the time is up, axios says either of two things
  else if (word !== 'silent')
    res.end(JSON.stringify({ line: `${req.method} ${req.url}`, headers: callersOwn(req.headers), body }));
});
const { url } = server;
afterAll(() => server[Symbol.asyncDispose]());

/** Without what each client sends of itself, whatever its caller says. */
function callersOwn(headers: NodeJS.Dict<unknown>) {
  const { host, connection, 'user-agent': agent, 'accept-encoding': encoding, ...rest } = headers;
  return rest;
}

const form = () => {
  const data = new FormData();
  data.append('a', '1');
  data.append('file', new Blob(['content'], { type: 'text/csv' }), 'f.csv');
  return data;
};

const get = (path: string, config?: AxiosRequestConfig) => (http: Axios) => http.get(url + path, config);
const post = (data: unknown, config?: AxiosRequestConfig) => (http: Axios) =>
  http.post(`${url}/p`, data, config);

const requestWays: Record<string, (http: Axios) => Promise<unknown>> = {
  'no option': get('/orders?a=b#part'),
  params: get('/orders', { params: { id: 7, tag: ['x', 'y'] } }),
  'params and a query': get('/orders?a=1#part', { params: { b: '2 3' } }),
  paramsSerializer: get('/', { params: { a: 1 }, paramsSerializer: () => 'mine' }),
  auth: get('/', { auth: { username: 'u', password: 'p' } }),
  'user and password in the URL': (http) => http.get(`${url.replace('://', '://u:p%40@')}/`),
  baseURL: (http) => http.get('orders', { baseURL: url }),
  'baseURL with a path': (http) => http.get('/orders', { baseURL: `${url}/v1/` }),
  'baseURL and a whole URL': (http) => http.get(`${url}/x`, { baseURL: 'http://127.0.0.1:9' }),
  headers: get('/', { headers: { 'X-One': '1', 'x-list': ['a', 'b'], 'X-Off': false, 'x-number': 7 } }),
  'no Accept': get('/', { headers: { accept: false } }),
  'Accept of its own': get('/', { headers: { accept: 'text/csv' } }),
  'path outside ASCII': get('/grün?ü=ö'),
  'header outside Latin-1': get('/', { headers: { 'x-a': 'zł' } }),
  'responseType stream': get('/', { responseType: 'stream' }),
  'responseType arraybuffer': get('/', { responseType: 'arraybuffer' }),
  'responseType text': get('/', { responseType: 'text' }),
  'responseType json, no JSON': get('/text', { responseType: 'json' }),
  'no JSON': get('/text'),
  'byte order mark': get('/bom'),
  'transformResponse none': get('/bom', { transformResponse: [] }),
  'long answer': get('/long'),
  'maxContentLength, longer': get('/long', { maxContentLength: 1000 }),
  'packed answer': get('/gzip'),
  'packed answer, decompress false': get('/gzip', { decompress: false, responseType: 'arraybuffer' }),
  redirect: get('/away'),
  'redirect, none followed': get('/away', { maxRedirects: 0 }),
  'redirects without end': get('/round', { maxRedirects: 3 }),
  'status 304': get('/status/304'),
  'status 404': get('/status/404'),
  'status 500': get('/status/500'),
  'status 404, all right': get('/status/404', { validateStatus: () => true }),
  'hang up': get('/hang-up'),
  'nobody there': (http) => http.get('http://127.0.0.1:9/'),
  'relative URL': (http) => http.get('/x'),
  'no HTTP': (http) => http.get('ftp://127.0.0.1/'),
  'data URL': (http) => http.get('data:text/plain,hello'),
  timeout: get('/silent', { timeout: 50 }),
  timeoutErrorMessage: get('/silent', { timeout: 50, timeoutErrorMessage: 'too late' }),
  clarifyTimeoutError: get('/silent', { timeout: 50, transitional: { clarifyTimeoutError: true } }),
  signal: get('/silent', { signal: AbortSignal.abort() }),
  cancelToken: get('/silent', {
    cancelToken: new axios.CancelToken((cancel) => setTimeout(cancel, 20, 'enough')),
  }),
  interceptor: (http) => {
    const id = http.interceptors.request.use((config) => {
      config.params = { from: 'interceptor' };
      return config;
    });
    return http.get(`${url}/`).finally(() => http.interceptors.request.eject(id));
  },
  head: (http) => http.head(`${url}/`),
  options: (http) => http.options(`${url}/`),
  delete: (http) => http.delete(`${url}/`, { data: { a: 1 } }),
  put: (http) => http.put(`${url}/`, 'text'),
  patch: (http) => http.patch(`${url}/`, { a: 1 }),
  'POST nothing': post(undefined),
  'POST null': post(null),
  'POST an empty text': post(''),
  'POST JSON': post({ a: ['ü'] }),
  'POST bytes': post(Buffer.from([0, 255])),
  'POST ArrayBuffer': post(new Uint8Array([1, 2]).buffer),
  'POST URLSearchParams': post(new URLSearchParams({ a: '1 2' })),
  'POST a stream': (http) => http.post(`${url}/p`, Readable.from(['a', 'b'])),
  'POST FormData': (http) => http.post(`${url}/p`, form()),
  'POST a Blob': post(new Blob(['content'], { type: 'text/csv' })),
  postForm: (http) => http.postForm(`${url}/p`, { a: 1 }),
  'POST as a form': post({ a: 1 }, { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  'maxBodyLength, longer': post('x'.repeat(100), { maxBodyLength: 10 }),
  transformRequest: post('a', { transformRequest: (data) => `${data}b` }),
};

/** All that a caller sees of it. */
async function outcome(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await seen(await asked);
  } catch (error) {
    const { name, message, code, response } = error as AxiosError;
    return { name, message, code, ...(response && { response: await seen(response) }) };
  }
}

async function seen(response: unknown): Promise<unknown> {
  const { status, statusText, headers, data } = response as AxiosResponse;
  const { date, connection, 'keep-alive': keepAlive, ...others } = { ...headers };
  const body = data instanceof Readable ? `a stream of ${await text(data)}` : data;
  return { status, statusText, headers: others, body };
}

/** The boundary of a form is a new one each time. */
const comparable = (seen: unknown) =>
  JSON.stringify(seen, null, 1).replace(/axios-[\d.]+-boundary-[\w-]+|-{10,}[0-9a-f]+/g, 'BOUNDARY');

const fast = { maxRedirects: 0, decompress: false };
/** What these two options themselves change, or what axios makes normal on its way to a URL. */
const fastDiffers = ['redirect', 'packed answer'];

describe.each([
  ['as it comes', {}, []],
  ['on the fast path', fast, fastDiffers],
])('the client %s', (_, config, differs) => {
  const ways = Object.entries(requestWays).filter(([name]) => !differs.includes(name as never));
  it.each(ways)('makes of %s what axios makes', async (_name, ask) => {
    const [byAxios, byKit] = await Promise.all([
      outcome(ask(axios.create(config))),
      outcome(
        ask(createOutbound({ inMesh: [url], config: { ...config, headers: { 'project-version': false } } })),
      ),
    ]);
    expect(comparable(byKit)).toBe(comparable(byAxios));
  });
});

describe('the carried headers', () => {
  it.each([
    ['as it comes', {}],
    ['on the fast path', fast],
  ])('stay what the call set, with the client %s', async (_, config) => {
    const http = createOutbound({ inMesh: [url], config });
    const at = async (headers?: Record<string, string | false>) =>
      (await http.get(url, { headers })).data.headers['project-version'];
    expect(await at()).toBe('-');
    expect(await at({ 'Project-Version': 'release-v1' })).toBe('release-v1');
    expect(await at({ 'project-version': false })).toBeUndefined();
  });

  it('follow a redirect inside the mesh, not out of it, and back in', async () => {
    await using outside = await listening((req, res) =>
      res.writeHead(302, { location: `${url}/back`, 'x-seen': String(req.headers['project-version']) }).end(),
    );
    const hops: unknown[] = [];
    await using start = await listening((_, res) => res.writeHead(307, { location: outside.url }).end());
    const http = createOutbound({ inMesh: [url, start.url] });
    const { data } = await http.get(start.url, {
      beforeRedirect: (_options, response) => hops.push(response.headers['x-seen']),
    });
    expect(hops).toEqual([undefined, 'undefined']);
    expect(data.headers['project-version']).toBe('-');
  });

  it('are not in the configuration that a retry sends again', async () => {
    const http = createOutbound({ inMesh: [url] });
    const error = await http.get(`${url}/status/503`).catch((error) => error);
    expect(error.config.headers.has('project-version')).toBe(false);
    expect((await http.get(url)).config.headers.has('project-version')).toBe(false);
  });
});
