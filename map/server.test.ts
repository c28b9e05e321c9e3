/** The map's server from outside: who gets in, what it says, what it refuses. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepare } from '../build/prepare.ts';
import { currentPrepared } from '../runtime/prepared.ts';
import { joinHops } from '../trace/join.ts';
import { hop } from '../trace/testing.ts';
import { type PageFiles, pageFiles } from './page-files.ts';
import { serveMap, type TrafficMap } from './server.ts';
import { FakeSource } from './testing.ts';

let source: FakeSource;
let map: TrafficMap;
let cookie: string;

beforeEach(async () => {
  source = new FakeSource();
  await serve();
});
afterEach(() => map.close());

async function serve(page?: PageFiles): Promise<void> {
  map = await serveMap(source, 0, page);
  const answer = await ask('GET', new URL(map.url).search.replace('?', '/?'));
  cookie = String(answer.headers['set-cookie']?.[0]?.split(';')[0]);
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(
    {
      host: '127.0.0.1',
      port: map.port,
      method,
      path,
      headers: { host: `localhost:${map.port}`, ...headers },
    },
    (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => {
        const all = Buffer.concat(chunks);
        const text = res.headers['content-encoding'] === 'gzip' ? gunzipSync(all) : all;
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text.toString('utf8') });
      });
    },
  );
  sent.on('error', reject).end(body);
  return promise;
}

const get = (path: string, headers = {}) => ask('GET', path, { cookie, ...headers });
const post = (path: string, body: unknown, headers = {}) =>
  ask(
    'POST',
    path,
    { cookie, origin: `http://localhost:${map.port}`, 'content-type': 'application/json', ...headers },
    typeof body === 'string' ? body : JSON.stringify(body),
  );

describe('who gets in', () => {
  it('the URL lets in once, and then the cookie does', async () => {
    expect(cookie).toMatch(/^map-\d+=/);
    expect((await get('/')).status).toBe(200);
    expect((await ask('GET', '/')).status).toBe(401);
    expect((await ask('GET', '/?token=wrong')).status).toBe(401);
    // Another one is printed for another browser.
    const again = await ask('GET', new URL(map.url).search.replace('?', '/?'));
    expect(again.headers['set-cookie']?.[0]).toContain(cookie);
  });

  it.each([
    ['a Host that was rebound', () => get('/', { host: `evil.example:${map.port}` })],
    ['a foreign Origin', () => post('/sending', null, { origin: 'http://evil.example' })],
    ['another port of this computer', () => post('/sending', null, { origin: 'http://localhost:1' })],
    [
      'a change without Origin',
      () => ask('POST', '/sending', { cookie, 'content-type': 'application/json' }, 'null'),
    ],
  ])('%s does not, and gets problem JSON', async (_, asking) => {
    const { status, headers, body } = await asking();
    expect(status).toBe(403);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status: 403, detail: expect.stringMatching(/\.$/) });
  });

  it('listens on loopback alone', async () => {
    expect(map.url).toContain('http://localhost:');
    const taken = createServer();
    const error = once(taken.listen(map.port, '127.0.0.1'), 'error');
    expect((await error)[0]).toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe.each([
  { form: 'joined', first: 1, main: /^\/page\/main-[^/]+\.mjs$/ },
  { form: 'module by module', first: 30, main: /^\/page\/main\.ts$/ },
])('the page, $form', ({ form, first, main: expected }) => {
  beforeEach(async () => {
    if (form === 'joined') await prepare();
    await map.close();
    await serve(await pageFiles(form === 'joined' ? currentPrepared('page') : undefined));
  }, 60_000);

  it('and its modules come from here alone, without inline script, in under 150 kB', async () => {
    const page = await get('/');
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self' 'sha256-[^']+'; /,
    );
    const { imports } = JSON.parse(
      /<script type="importmap">(.*)<\/script>/.exec(page.body)?.[1] ?? '{}',
    ) as {
      imports: Record<string, string>;
    };
    const [, main = ''] = /<script type="module" src="([^"]+)"/.exec(page.body) ?? [];
    expect(main).toMatch(expected);
    const preloaded = [...page.body.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)];
    expect(preloaded.length).toBeGreaterThanOrEqual(first);
    let bytes = Number(page.headers['content-length']);
    const seen = new Set<string>();
    const waiting = [main, '/page/style.css', '/page/icon.svg', '/modules/uplot.css'];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const { status, headers, body } = await get(path);
      expect(status, path).toBe(200);
      bytes += Number(headers['content-length']);
      for (const [, name = ''] of body.matchAll(
        /(?:import\(|(?:import|export)\b[^'"`;]*?from)\s*["'`]([^"'`]+)["'`]/g,
      )) {
        const found = name.startsWith('.') ? new URL(name, `http://map${path}`).pathname : imports[name];
        expect(found, `${name}, which ${path} imports`).toBeDefined();
        waiting.push(found ?? '');
      }
      if (path.endsWith('.ts')) expect(body).not.toMatch(/^import type|: string\b/m);
      if (path.endsWith('.mjs') && form === 'joined') expect((await get(`${path}.map`)).status).toBe(200);
    }
    expect([...seen].join()).toMatch(/uPlot|uplot\.mjs/);
    expect(seen.size).toBeGreaterThan(first);
    expect(bytes).toBeLessThan(150_000);
  });

  it('brings the lanes as they are with it, whatever they are called', async () => {
    source.gateway = '</script><script>alert(1)</script><!--';
    const { body } = await get('/');
    const [, json = ''] =
      /<script type="application\/json" id="first-lanes">(.*?)<\/script>/s.exec(body) ?? [];
    expect(JSON.parse(json)).toEqual(source.lanes());
    expect(body).not.toContain('alert(1)</script>');
  });

  it.each(['/page/../server.ts', '/page/%2e%2e/server.ts', '/page/layout.test.ts', '/page/', '/nothing'])(
    'nothing else: %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );
});

describe('what it refuses', () => {
  it.each([
    ['/sending', 'no json', 400, 'The body is no JSON.'],
    [
      '/sending',
      { rate: 101, concurrency: 1, colors: [{ color: null, weight: 1 }] },
      400,
      'rate: 101 is no number from 0 to 100',
    ],
    [
      '/plan',
      { edits: [{ rule: 'r', route: 0, type: 'fault', delayMs: -5, percent: 100 }] },
      400,
      'edits.0.delayMs: -5 is no whole number from 1 to 60,000',
    ],
    [
      '/plan',
      { edits: [{ rule: 'r', route: 0, type: 'destinations', destinations: [{ subset: '', weight: 100 }] }] },
      400,
      'edits.0.destinations.0.subset: a name is missing',
    ],
    ['/control', { service: 'service-b', version: '', control: 'run' }, 400, 'version: a name is missing'],
    ['/sending', { rate: 1, concurrency: 1, colors: [] }, 400, /^colors: /],
    ['/send', { colors: ['a\nb'] }, 400, /^colors\.0: a header is of printable/],
    ['/send', { colors: ['v1'], path: '//evil.example' }, 400, /^path: /],
    ['/send', { colors: ['v1'], path: '/\\evil.example' }, 400, /^path: /],
    ['/send', { colors: ['v1'], method: 'CONNECT' }, 400, /^method: /],
    ['/send', JSON.stringify({ colors: ['x'.repeat(20_000)] }), 413, /bytes/],
    ['/nothing', {}, 404, 'There is no POST /nothing here.'],
  ] as const)('%s %j', async (path, body, status, detail) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status, detail: expect.stringMatching(detail) });
  });

  it('more changes than a person makes', async () => {
    const answers = await Promise.all(Array.from({ length: 250 }, () => post('/sending', null)));
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
  });

  it('a request that it does not remember', async () => {
    expect((await get('/reasons?id=x')).status).toBe(404);
  });
});

describe('what it tells', () => {
  it('a page that listens hears of lanes, rules, requests, and what changes', async () => {
    const answer = await fetch(`http://localhost:${map.port}/events`, { headers: { cookie } });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const saying = async (pattern: RegExp) => {
      while (!pattern.test(text)) {
        const { done, value } = (await reader?.read()) ?? { done: true };
        if (done) throw new Error(`it never said ${pattern}: ${text}`);
        text += value;
      }
    };
    await saying(
      /event: lanes\ndata: \{"mesh":"test".*event: rules\ndata: \{"generation":0.*event: sending\ndata: null/s,
    );
    source.request(joinHops([hop('gateway > a/v1', 'v1')]));
    await saying(/event: traffic\ndata: .*"color":"v1"/);
    source.rulesChanged();
    await saying(/event: rules\ndata: \{"generation":1/);
    await saying(/event: edges\ndata: \[\{"from":"gateway","to":"a\/v1"/);
    await reader?.cancel();
  });
});

describe('changing', () => {
  it('a change is planned, made and taken back; a process is controlled', async () => {
    const edit = { rule: 'VirtualService n/b', route: 0, type: 'remove' };
    expect(JSON.parse((await post('/plan', { edits: [edit] })).body)).toMatchObject({ id: 'p1' });
    expect((await post('/apply', { plan: 'p1' })).status).toBe(200);
    expect((await post('/undo', { change: 'p1' })).status).toBe(200);
    await post('/control', { service: 'a', version: 'v1', control: 'stop' });
    expect(source.done).toEqual([
      ['apply', 'p1'],
      ['undo', 'p1'],
      ['control', 'a', 'v1', 'stop'],
    ]);
  });

  it.each([
    ['/apply', { plan: 'p2' }, 409],
    ['/plan', { edits: [] }, 400],
    ['/undo', {}, 400],
    [
      '/plan',
      {
        edits: [{ rule: 'r', route: 0, type: 'destinations', destinations: [{ subset: 'v1', weight: 1.5 }] }],
      },
      400,
    ],
    ['/control', { service: 'a', version: 'v1', control: 'burn' }, 400],
  ])('%s %j is refused with %i', async (path, body, status) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body).detail).not.toBe('');
    expect(source.done).toEqual([]);
  });
});

describe('sending', () => {
  let upstream: Server;
  const colors: (string | undefined)[] = [];
  beforeEach(async () => {
    colors.length = 0;
    upstream = createServer((req, res) => {
      colors.push(req.headers['project-version'] as string | undefined);
      res.writeHead(200, { 'x-path': req.url }).end('fine');
    });
    await once(upstream.listen(0, '127.0.0.1'), 'listening');
    source.gateway = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    upstream.closeAllConnections();
    upstream.close();
  });

  it('one request in each colour, in order', async () => {
    const answer = await post('/send', { colors: [null, 'v1', 'V_1', ''], path: '/any?thing' });
    expect(JSON.parse(answer.body)).toEqual({ statuses: [200, 200, 200, 200] });
    expect(colors).toEqual([undefined, 'v1', 'V_1', '']);
  });

  it('a mix at a rate, until it is paused', async () => {
    const mix = [
      { color: 'v1', weight: 1 },
      { color: null, weight: 1 },
      { color: 'v9', weight: 0 },
    ];
    await post('/sending', { rate: 100, concurrency: 50, colors: mix });
    await expect.poll(() => new Set(colors), { timeout: 10_000 }).toEqual(new Set(['v1', undefined]));
    await post('/sending', null);
    // What was under way may still come.
    let count = -1;
    const isOver = () => {
      const before = count;
      count = colors.length;
      return count === before;
    };
    await expect.poll(isOver, { timeout: 10_000, interval: 300 }).toBe(true);
  });
});
