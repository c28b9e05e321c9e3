import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runHere } from '../../cli/testing/run-here.ts';
import { projectFile } from '../../runtime/project.ts';
import { parseLanes } from '../lanes.ts';
import { draftFromCompose } from './compose.ts';
import { formatDraft } from './draft.ts';
import { draftFromNamespace } from './namespace.ts';
import { portProtocol } from './port-protocol.ts';
import { draftFromQuestions } from './questions.ts';

vi.setConfig({ testTimeout: 60_000 });

describe('from docker compose', () => {
  const compose = `
name: My_Shop
services:
  web_front:
    build: ./web
    command: npm start
    ports: ["127.0.0.1:80:3000/tcp"]
    depends_on: [api, db]
  api:
    build: { context: ./api }
    command: [go, run, .]
    expose: [8081]
    depends_on: { db: { condition: service_healthy } }
  admin: { image: example/admin, ports: [{ target: 9000, published: "9000" }], depends_on: [api] }
  db: { image: "postgres:17", ports: ["5432:5432"] }
  worker: { build: . }
`;

  it('takes services that speak HTTP, whom they depend on, and how they are started', () => {
    expect(draftFromCompose([compose])).toEqual({
      namespace: 'my-shop',
      services: [
        {
          name: 'web-front',
          port: 3000,
          calls: ['api'],
          run: { command: 'npm start', dir: './web' },
          versions: ['release'],
        },
        {
          name: 'api',
          port: 8081,
          calls: [],
          run: { command: ['go', 'run', '.'], dir: './api' },
          versions: ['release'],
        },
        { name: 'admin', port: 9000, calls: ['api'], versions: ['release'] },
      ],
      remarks: ['Left out: db, postgres:17 speaks no HTTP.', 'Left out: worker, it says no port.'],
    });
  });

  it('takes what a port speaks from its long form', () => {
    const { services } = draftFromCompose([
      'services: { api: { ports: [{ target: 50051, app_protocol: grpc }] }, b: { ports: [{ target: 1, name: http2-x }] }, c: { ports: [{ target: "2", name: web }] } }',
    ]);
    expect(services.map(({ name, protocol }) => [name, protocol])).toEqual([
      ['api', 'grpc'],
      ['b', 'http2'],
      ['c', undefined],
    ]);
  });

  it('leaves nothing out without a word', () => {
    const { services, remarks } = draftFromCompose([
      'services: { "Web Front": { ports: [80] }, web-front: { ports: [81] }, b: { ports: ["$PORT"] }, c: { ports: ["$P:82"] } }',
    ]);
    expect(services.map(({ name, port }) => [name, port])).toEqual([
      ['web-front', 80],
      ['c', 82],
    ]);
    expect(remarks).toEqual([
      "Left out: web-front, web-front is another one's name already.",
      'Left out: b, its port "$PORT" has no number.',
    ]);
  });

  it('says folders as lanes.yaml has to, which may lie elsewhere', () => {
    const text =
      'services: { a: { build: ./a, command: x, ports: [1] }, b: { build: /b, command: x, ports: [1] } }';
    const dirs = (folder?: string) => draftFromCompose([text], folder).services.map(({ run }) => run?.dir);
    expect(dirs()).toEqual(['./a', '/b']);
    expect(dirs('../shop')).toEqual(['../shop/a', '/b']);
  });

  it.each([
    ['a list', '["A=1=2", "PORT=80", "B=", "C=$X", "D"]'],
    ['a mapping', '{ A: 1=2, PORT: 80, B: "", C: "$X", D: }'],
  ])('takes the environment, %s, and says what only its shell knows', (_, environment) => {
    const { services, remarks } = draftFromCompose([
      `services: { a: { build: ., command: x, ports: [1], environment: ${environment} } }`,
    ]);
    expect(services[0]?.run).toEqual({ command: 'x', dir: '.', env: { A: '1=2', B: '' } });
    expect(remarks).toEqual(['a: its environment takes C, D from elsewhere: add env to its run.']);
  });

  it('reads later files over earlier ones', () => {
    const { services, remarks } = draftFromCompose([
      compose,
      'services: { api: { ports: ["1:9999"] }, admin: { ports: [] } }',
    ]);
    expect(services.map(({ name, port }) => [name, port])).toEqual([
      ['web-front', 3000],
      ['api', 9999],
      ['admin', 9000],
    ]);
    expect(remarks).toContain(
      'api publishes a port: add entry: true if requests from outside come in there.',
    );
  });

  it.each(['', '- x', 'services: 3', 'version: "3"'])('says that %j is no compose file', (text) => {
    expect(() => draftFromCompose([text])).toThrow(/^no compose file: /);
  });
});

describe('from a namespace', () => {
  const deployment = (labels: Record<string, string>) => ({
    metadata: { name: 'x' },
    spec: { template: { metadata: { labels } } },
  });

  it('takes a version for each value of the label, and says what it cannot know', () => {
    const service = (name: string, port: object) => ({
      metadata: { name },
      spec: { selector: { app: name }, ports: [{ port: 9090, name: 'metrics' }, port as { port: number }] },
    });
    const draft = draftFromNamespace(
      'shop',
      [
        service('reviews', { port: 80, name: 'http-web' }),
        service('ratings', { port: 81, appProtocol: 'grpc' }),
        service('plain', { port: 82 }),
        service('gone', { port: 83, name: 'http' }),
        { metadata: { name: 'external' }, spec: {} },
      ],
      [
        deployment({ app: 'reviews', version: 'v2' }),
        deployment({ app: 'reviews', version: 'v1' }),
        deployment({ app: 'ratings', version: 'release' }),
        deployment({ app: 'plain' }),
      ],
    );
    expect(draft.services).toEqual([
      { name: 'reviews', port: 80, calls: [], baseline: 'v1', versions: ['v1', 'v2'] },
      { name: 'ratings', port: 81, protocol: 'grpc', calls: [], versions: ['release'] },
      { name: 'plain', port: 9090, calls: [], versions: ['release'] },
    ]);
    expect(draft.remarks).toEqual([
      'Who calls whom nobody but you knows: add calls.',
      'plain: its port is not named http, so Istio may not look into what it speaks.',
      'Left out: gone, no Deployment has its pods.',
      'Left out: external, it has no port.',
    ]);
  });
});

it.each([
  [{ name: 'http' }, 'http'],
  [{ name: 'http2' }, 'http2'],
  [{ name: 'grpc-api' }, 'grpc'],
  [{ name: 'grpc-web-api' }, 'grpc'],
  [{ name: 'GRPC' }, 'grpc'],
  [{ name: 'http-api', appProtocol: 'grpc' }, 'grpc'],
  [{ appProtocol: 'kubernetes.io/h2c' }, 'http2'],
  [{ appProtocol: 'kubernetes.io/ws' }, 'http'],
  [{ name: 'grpc', appProtocol: 'tcp' }, undefined],
  [{ name: 'grpcs' }, undefined],
  [{ name: 'constructor' }, undefined],
  [{}, undefined],
])('of a port %j it is known that it speaks %s', (port, protocol) => {
  expect(portProtocol(port)).toBe(protocol);
});

it('asks for services, commands, calls and a branch; what is left empty has a default', async () => {
  const answers = ['web, api', 'npm start', 'front', '', 'api', '', '9000', '', 'Feature/Cart web'];
  const draft = await draftFromQuestions(async () => answers.shift() ?? '');
  const lanes = parseLanes(formatDraft(draft, 'answers'));
  expect(
    lanes.services.map(({ name, port, calls, versions }) => [
      name,
      port,
      calls,
      versions.map((one) => one.name),
    ]),
  ).toEqual([
    ['web', 8080, ['api'], ['release', 'feature-cart']],
    ['api', 9000, [], ['release']],
  ]);
  expect(lanes.services[0]?.versions[0]?.run).toMatchObject({ command: 'npm start', dir: 'front' });
});

describe('coloring init', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'init-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes lanes.yaml and rules, and nothing over what is there', async () => {
    const compose = join(folder, 'compose.yaml');
    await writeFile(
      compose,
      'services: { web: { image: a, ports: ["80:8080"], depends_on: [api] }, api: { image: b, expose: [81] } }',
    );
    const out = join(folder, 'lanes.yaml');
    const rules = join(folder, 'istio');
    const args = ['init', '--compose', compose, '--out', out, '--rules', rules];
    const { exitCode, stdout } = await runHere(args);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Next:\n- stand-ins answer for web, api');
    expect(await readFile(out, 'utf8')).toBe(
      `# Made by coloring init from ${compose}.
namespace: coloring
services:
  web: { port: 8080, calls: api, versions: [ release ] }
  api: { port: 81, versions: [ release ] }
`,
    );
    expect(await readFile(join(rules, 'gateway.yaml'), 'utf8')).toContain('kind: Gateway');
    expect(await runHere(['lint', '--lanes', out])).toMatchObject({ exitCode: 0 });
    expect(await runHere(args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--force') });
    expect(await runHere([...args, '--force'])).toMatchObject({ exitCode: 0 });
  });

  it('names what no stand-in speaks, and start says it with its line', async () => {
    const compose = join(folder, 'compose.yaml');
    await writeFile(
      compose,
      'services: { web: { image: a, ports: ["80"], depends_on: [api] }, api: { image: b, ports: [{ target: 81, app_protocol: grpc }] } }',
    );
    const out = join(folder, 'lanes.yaml');
    const { stdout } = await runHere(['init', '--compose', compose, '--out', out]);
    expect(stdout).toContain('  api: { port: 81, protocol: grpc, versions: [ release ] }\n');
    expect(stdout).toContain('- api: no stand-in speaks HTTP/2: say how yours is started');
    expect(stdout).toContain('- stand-ins answer for web: ');
    expect(await runHere(['start', '--once', '--port', '0', '--lanes', out])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`${out}:6: services.api.protocol: grpc: release is a stand-in`),
    });
  });

  it('takes answers that are piped in, and writes nothing when they end too soon', async () => {
    const ask = (input: string, ...more: string[]) =>
      new Promise<{ code: number | null; stderr: string }>((resolve) => {
        const args = [projectFile('cli/coloring.mjs'), 'init', ...more];
        const child = execFile(process.execPath, args, { cwd: folder }, (_, __, stderr) =>
          resolve({ code: child.exitCode, stderr }),
        );
        child.stdin?.end(input);
      });
    expect(await ask('web\n')).toEqual({ code: 2, stderr: '\nno answer any more; nothing was written\n' });
    expect(await ask('web\n\n\n\n\n')).toMatchObject({ code: 0 });
    expect(await readFile(join(folder, 'lanes.yaml'), 'utf8')).toContain(
      'web: { port: 8080, versions: [ release ] }',
    );
    await writeFile(join(folder, 'docker-compose.yml'), '');
    const { stderr } = await ask('', '--out', 'other.yaml');
    expect(stderr).toContain('coloring init --compose docker-compose.yml takes the services from it');
  });

  it.each([
    [['--compose', 'package.json'], /^package.json: no compose file: services: /],
    [['--compose', 'no-such.yaml'], /no-such.yaml/],
    [['--compose', 'a', '--from-namespace', 'b'], /one of the two/],
    [
      ['--from-namespace', 'b', '--context', 'no-such'],
      /^kubectl --context no-such .*\nnothing was written/s,
    ],
  ])('%j is refused', async (args, message) => {
    const out = join(folder, 'lanes.yaml');
    expect(await runHere(['init', '--out', out, ...args])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(message),
    });
  });
});
