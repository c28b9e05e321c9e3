import { describe, expect, it } from 'vitest';
import { LanesError, parseLanes, readLanes } from './lanes.ts';

function problemsOf(text: string): readonly string[] {
  try {
    parseLanes(text);
  } catch (error) {
    if (error instanceof LanesError) return error.problems;
    throw error;
  }
  throw new Error('parsed without a problem');
}

describe('parseLanes', () => {
  it('gives every version its defaults and the labels of its pods', () => {
    const lanes = parseLanes(`
namespace: shop
services:
  front: { port: 80, calls: back, versions: [release, v2] }
  back: { port: 81, namespace: stock, versions: [release] }
`);
    expect(
      lanes.services.map(({ name, namespace, standIn, calls, baseline }) => [
        name,
        namespace,
        standIn,
        calls,
        baseline,
      ]),
    ).toEqual([
      ['front', 'shop', 'service-a', ['back'], 'release'],
      ['back', 'stock', 'service-b', [], 'release'],
    ]);
    expect(lanes.services[0]?.versions[1]).toEqual({
      name: 'v2',
      labels: {
        app: 'front',
        version: 'v2',
        'app.kubernetes.io/name': 'front',
        'app.kubernetes.io/version': 'v2',
      },
      replicas: 1,
      env: {},
      ready: true,
      run: { type: 'stand-in', program: 'service-a' },
      place: { file: 'lanes.yaml', line: 4 },
    });
  });

  it('takes what a version says about itself', () => {
    const [service] = parseLanes(`
services:
  back:
    port: 81
    versions:
      - release
      - { name: v2, labels: { tier: slow, version: two }, replicas: 3, env: { DELAY: 5 }, ready: false }
`).services;
    expect(service?.versions[1]).toMatchObject({
      labels: { app: 'back', version: 'two', tier: 'slow' },
      replicas: 3,
      env: { DELAY: '5' },
      ready: false,
      place: { line: 7 },
    });
  });

  it("stands for other people's services", () => {
    const file = 'services:\n  reviews: { run: service-b, port: 9080, versions: [v1, v2, v3] }';
    expect(parseLanes(file).services[0]).toMatchObject({
      standIn: 'service-b',
      baseline: 'v1',
      namespace: 'coloring',
    });
    expect(parseLanes(`${file.replace('}', ', baseline: v3 }')}`).services[0]?.baseline).toBe('v3');
  });

  it('takes programs of other people: a command, its folder from the file, and what a version has of its own', () => {
    const [web, db] = parseLanes(
      `
services:
  web:
    port: 80
    calls: db
    run: { command: [python3, web.py], dir: web, env: { A: 1, B: 1 }, ready: /healthz, watch: ['**/*.py'] }
    versions: [release, { name: v1, env: { B: 2 }, run: { dir: ../web-v1 } }, { name: v2, url: 'http://localhost:9000' }]
  db: { port: 81, run: 'go run .', versions: [release, { name: v1, run: service-b }] }
`,
      'shop/lanes.yaml',
    ).services;
    const command = {
      type: 'command',
      command: ['python3', 'web.py'],
      ready: '/healthz',
      watch: ['**/*.py'],
    };
    expect(web?.versions.map(({ run, env }) => ({ run, env }))).toEqual([
      { run: { ...command, dir: 'shop/web' }, env: { A: '1', B: '1' } },
      { run: { ...command, dir: 'web-v1' }, env: { A: '1', B: '2' } },
      { run: { type: 'url', host: 'localhost', port: 9000 }, env: {} },
    ]);
    expect(db?.versions.map(({ run }) => run)).toEqual([
      { type: 'command', command: 'go run .', dir: 'shop', watch: [] },
      { type: 'stand-in', program: 'service-b' },
    ]);
  });

  it('knows who is called from outside, and by which name', () => {
    const lanes = parseLanes(`
services:
  web: { port: 1, calls: [api, db], versions: [v1] }
  api: { port: 1, calls: db, entry: true, versions: [v1] }
  db: { port: 1, versions: [v1] }
  job: { port: 1, versions: [v1], entry: false }
  admin: { port: 1, versions: [v1], hosts: [admin.test] }
`);
    expect(lanes.services.map(({ name, entry, hosts }) => [name, entry, hosts])).toEqual([
      ['web', true, ['*']],
      ['api', true, ['api.localhost']],
      ['db', false, []],
      ['job', false, []],
      ['admin', true, ['admin.test']],
    ]);
  });

  it.each([
    [
      '',
      'lanes.yaml:1: expected a mapping: a lanes file has services, namespace, baseline, header, carrier, dialect, links, ports, processes',
    ],
    ['services: {}', 'lanes.yaml:1: services: expected one service or more'],
    [
      'services:\n  a: { port: 1, versions: [{ name: v1, replicas: 100000000 }] }',
      'lanes.yaml:2: services.a.versions[0].replicas: expected at most 100: each is a process on this computer',
    ],
    [
      'services:\n  a:\n    port: 0\n    versions: [v1]',
      'lanes.yaml:3: services.a.port: expected a port from 1',
    ],
    [
      'services:\n  a: { port: 1, version: v1 }',
      'lanes.yaml:2: services.a.version: not known: a service has port, protocol, versions, run, url, calls, parallel, entry, hosts, ports, baseline, namespace',
    ],
    [
      'services:\n  a: { port: 1, versions: [release,\n    feature_x] }',
      'lanes.yaml:3: services.a.versions[1].name: expected a name of a-z, 0-9 and "-" that begins and ends with a letter or digit (a DNS-1123 label)',
    ],
    [
      `services:\n  a: { port: 1, versions: [${'v'.repeat(64)}] }`,
      'lanes.yaml:2: services.a.versions[0].name: expected at most 63 characters',
    ],
    [
      'services:\n  a: { port: 1, versions: [release, v1, v1] }',
      'lanes.yaml:2: services.a.versions[2]: "v1" is there twice; for more processes of a version write replicas',
    ],
    [
      'baseline: release\nservices:\n  a: { port: 1, versions: [v1, v2] }',
      'lanes.yaml:3: services.a.versions: the baseline "release" is missing (has: v1, v2): add it, or give this service another, e.g. "baseline: v1"',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], calls: b }\n  c: { port: 1, versions: [v1] }',
      'lanes.yaml:2: services.a.calls: "b" is not another service of this file (has: c)',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], run: service-a }',
      'lanes.yaml:2: services.a: the program service-a asks another service: say which with calls',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], run: service-b, calls: b }\n  b: { port: 1, versions: [v1] }',
      'lanes.yaml:2: services.a.run: the program service-b asks nobody; one that calls is run by service-a',
    ],
    ['services:\n  a: {}\n  a: {}', 'lanes.yaml:3: Map keys must be unique'],
    [
      'services:\n  a: { port: 1, versions: [v1], run: { dir: x } }',
      'lanes.yaml:2: services.a.run: says how it is run, but not what: add command',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], run: { command: x, cwd: y } }',
      'lanes.yaml:2: services.a.run.cwd: not known: run is service-a, service-b, a command, or {command, dir, env, ready, watch}',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], run: { command: x, ready: healthz } }',
      'lanes.yaml:2: services.a.run.ready: expected a path, like /healthz',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], run: x, url: "http://127.0.0.1:9000" }',
      'lanes.yaml:2: services.a.url: either url (it runs already) or run (it is started), not both',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], url: "https://127.0.0.1:9000" }',
      'lanes.yaml:2: services.a.url: expected http://HOST:PORT, like http://127.0.0.1:9000',
    ],
    [
      'services:\n  a: { port: 1, versions: [{ name: v1, replicas: 2 }], url: "http://127.0.0.1:9000" }',
      'lanes.yaml:2: services.a.versions[0]: is one process, at its url: no replicas',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], calls: [b, b] }\n  b: { port: 1, versions: [v1] }',
      'lanes.yaml:2: services.a.calls[1]: "b" is there twice',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], calls: b }\n  b: { port: 1, versions: [v1], hosts: [x] }',
      'lanes.yaml:3: services.b.hosts: only an entry is called from outside: add "entry: true"',
    ],
    ['header: x env\nservices: {}', 'lanes.yaml:1: header: expected the name of a header, like x-env'],
    [
      'header: Cookie\nservices:\n  a: { port: 1, versions: [v1] }',
      'lanes.yaml:1: header: cookie is never carried on',
    ],
    [
      'header: X-Request-Id\nservices:\n  a: { port: 1, versions: [v1] }',
      'lanes.yaml:1: header: proxies write x-request-id themselves; take a header of your own',
    ],
    [
      'header: baggage\nservices:\n  a: { port: 1, versions: [v1] }',
      'lanes.yaml:1: header: its members are no colours; write "carrier: baggage" instead',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1] }\n  __proto__: { port: 1, versions: [v1] }',
      'lanes.yaml:3: __proto__: no name for anything here',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], hosts: [shop.example.com, "a b"] }',
      'lanes.yaml:2: services.a.hosts[1]: "a b": not a host, because of "a b"',
    ],
    [
      'services:\n  a: { port: 1, versions: [{ name: v1, labels: { "a b": c } }] }',
      `lanes.yaml:2: services.a.versions[0].labels.a b: "a b" is not a label's key`,
    ],
    [
      'services:\n  a: { port: 1, versions: [{ name: v1, labels: { a: "c d" } }] }',
      `lanes.yaml:2: services.a.versions[0].labels.a: "c d" is not a label's value`,
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], run: [] }',
      'lanes.yaml:2: services.a.run.command: expected a program and its arguments',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], run: "a\\0b" }',
      'lanes.yaml:2: services.a.run.command: must hold no NUL character',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], run: { command: x, env: { A: "\\0" } } }',
      'lanes.yaml:2: services.a.run.env.A: must hold no NUL character',
    ],
    [
      'services:\n  a: { port: 1, versions: [v1], run: { command: x, env: { A=B: c } } }',
      'lanes.yaml:2: services.a.run.env.A=B: is no name for a variable: it must hold no "=" and no NUL, and not be empty',
    ],
    ['services: *nothing', 'lanes.yaml: Unresolved alias (the anchor must be set before the alias): nothing'],
  ])('says what is wrong with %j', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it('tells the first mistakes of what is no YAML at all', () => {
    expect(problemsOf(`a: ${'['.repeat(500)}`)).toHaveLength(11);
  });

  it('does not unfold aliases that multiply without end', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 10; i++)
      bomb.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(problemsOf(bomb.join('\n'))).toEqual([expect.stringContaining('Excessive alias count')]);
  });

  it('reads merge keys', () => {
    const { services } = parseLanes(
      'services:\n  a: &a { port: 1, versions: [release] }\n  b: { <<: *a, port: 2 }',
    );
    expect(services.map(({ port }) => port)).toEqual([1, 2]);
  });

  it('says all that is wrong at once', () => {
    expect(problemsOf('services:\n  a: { port: x, versions: [] }\n  b: 3')).toHaveLength(3);
  });

  it('refuses services that call each other in a circle', () => {
    const problems = problemsOf(
      'services:\n  a: { port: 1, versions: [v1], calls: b }\n  b: { port: 1, versions: [v1], calls: a }',
    );
    expect(problems).toEqual([
      'lanes.yaml:2: services.a.calls: leads back to this service: a request would go round for ever',
      'lanes.yaml:3: services.b.calls: leads back to this service: a request would go round for ever',
    ]);
  });
});

it('names a file that is not there', async () => {
  await expect(readLanes('no/such/lanes.yaml')).rejects.toThrow('no/such/lanes.yaml: there is no such file');
});
