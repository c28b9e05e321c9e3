/** examples/shop on a cluster, as far as it can be looked at without one: its Helm commands render, its images would run. */
import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import getPort from 'get-port';
import pWaitFor from 'p-wait-for';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { settingsOf, valuesOf } from '../cluster/releases.ts';
import { istioFiles } from '../lanes/generate/istio.ts';
import { toYaml } from '../lanes/generate/yaml.ts';
import { type Lanes, readLanes } from '../lanes/lanes.ts';
import { has, hasHelm, helm, type KubernetesObject, keyOf, parseObjects } from './charts/tools.ts';

// Where Go has never compiled its standard library it takes minutes.
vi.setConfig({ testTimeout: 300_000 });

const folder = 'examples/shop';
const readme = await readFile(`${folder}/README.md`, 'utf8');
const lanes = await readLanes(`${folder}/lanes.yaml`);

/** The commands of the README that begin so, each as its words. */
const commands = (first: string) =>
  readme
    .split('\n')
    .filter((line) => line.startsWith(`${first} `))
    .map((line) => line.split(' '));

/** What a `helm upgrade --install` would apply. @param more arguments behind those of the README */
function rendered(command: readonly string[], ...more: string[]): KubernetesObject[] {
  const [, , , release = '', ...args] = command;
  const here = args.map((arg) => arg.replace('../../', '').replace(/^values\//, `${folder}/values/`));
  return parseObjects(helm(['template', release, ...here, ...more]));
}

describe.skipIf(!hasHelm)('by Helm (needs helm)', () => {
  const releases = commands('helm');
  const versions = lanes.services.flatMap((service) =>
    service.versions.map((version) => ({ service, version, release: `${service.name}-${version.name}` })),
  );
  const routes = lanes.services.map((service) => ({ service, release: `${service.name}-routes` }));
  const commandOf = (release: string) => releases.find((words) => words[3] === release) ?? [];

  it('has a release for each version and for the routes of each service, and no other', () => {
    expect(releases.map((words) => words[3]).sort()).toEqual(
      [...versions, ...routes].map(({ release }) => release).sort(),
    );
  });

  it.each(versions)('$release is what coloring deploy makes', ({ service, version, release }) => {
    const own = ['--set', `service=${service.name},version=${version.name},port=${service.port}`];
    const args = ['charts/version', '--namespace', 'shop', ...own, '--set', `image=shop/${service.name}`];
    const deployed = helm(['template', release, ...args, ...valuesOf(settingsOf(lanes, service, version))]);
    expect(rendered(commandOf(release))).toEqual(parseObjects(deployed));
  });

  it.each([
    ['the header', lanes, []],
    ['baggage', { ...lanes, carrier: 'baggage' } satisfies Lanes, ['--set', 'carrier=baggage']],
    ['a header of another name', { ...lanes, header: 'x-env' }, ['--set', 'header=x-env']],
  ] as const)('routes by %s are those of coloring rules', (_, changed, more) => {
    const rules = istioFiles(changed).flatMap(({ objects }) => parseObjects(toYaml(objects)));
    const made = routes.flatMap(({ service, release }) => {
      const named = `versions={${service.versions.map(({ name }) => name)}}`;
      return rendered(commandOf(release), ...more, '--set', named).filter(({ kind }) => kind !== 'Service');
    });
    const specs = (objects: readonly KubernetesObject[]) =>
      Object.fromEntries(objects.map((object) => [keyOf(object), object.spec]));
    expect(specs(made)).toEqual(specs(rules));
  });

  it('tells web and api of a header of another name', () => {
    const [deployment] = rendered(commandOf('web-cart'), '--set', 'env.COLOR_HEADER=x-env').filter(
      ({ kind }) => kind === 'Deployment',
    );
    expect(deployment?.spec.template.spec.containers[0].env).toContainEqual({
      name: 'COLOR_HEADER',
      value: 'x-env',
    });
  });
});

describe('its images', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'shop-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  /** Lays out what a Dockerfile copies, in its last stage but for `--from`; and says what it would run. */
  async function layOut(service: string) {
    const words = commands('docker').find((command) => command.includes(`shop/${service}`)) ?? [];
    const context = join(folder, words.at(-1) ?? '');
    const file = await readFile(join(folder, service, 'Dockerfile'), 'utf8');
    const app = join(root, service);
    for (const [, from = ''] of file.matchAll(/^COPY (?!--from)(.+) \S+$/gm))
      for (const name of from.split(' ')) {
        const isFolder = !name.includes('.');
        const target = join(app, isFolder ? name : (name.split('/').at(-1) ?? ''));
        await mkdir(dirname(target), { recursive: true });
        await cp(join(context, name), target, { recursive: true });
      }
    const ignored = await readFile(join(folder, service, 'Dockerfile.dockerignore'), 'utf8').catch(() => '');
    const allowed = ignored.split('\n').flatMap((line) => /^!(.+)$/.exec(line)?.[1] ?? []);
    const copied = [...file.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from = '']) =>
      from.split(' '),
    );
    if (ignored) expect(allowed.sort()).toEqual(copied.sort());
    const [, command = '[]'] = /^CMD (.+)$/m.exec(file) ?? [];
    const [, build] = /^RUN (.*go build.*)$/m.exec(file) ?? [];
    return { app, command: JSON.parse(command) as string[], build };
  }

  /** Runs it as its container would be: with PORT and no HOST. Resolves to the status of `path`. */
  async function statusOf(app: string, [program = '', ...args]: readonly string[], path: string) {
    const port = await getPort();
    const env = { PATH: process.env.PATH ?? '', PORT: String(port), PROJECT_VERSION: 'cart' };
    const child = spawn(program, args, { cwd: app, env, stdio: 'inherit' });
    const closed = new Promise((done) => child.once('close', done));
    try {
      let status: number | undefined;
      const answers = async () => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
        status = answer?.status;
        return status !== undefined;
      };
      await pWaitFor(answers, { interval: 50, timeout: 60_000 });
      return status;
    } finally {
      child.kill('SIGKILL');
      await closed;
    }
  }

  it('web', async () => {
    const { app, command } = await layOut('web');
    await symlink(resolve('node_modules'), join(app, 'node_modules'));
    expect(command[0]).toBe('node');
    expect(await statusOf(app, [process.execPath, ...command.slice(1)], '/healthz')).toBe(200);
  });

  it.skipIf(!has('python3', '--version'))('db-proxy (needs python3)', async () => {
    const { app, command } = await layOut('db-proxy');
    expect(await statusOf(app, command, '/tables/orders')).toBe(200);
  });

  it.skipIf(!has('go', 'version'))('api (needs go)', async () => {
    const { app, command, build = '' } = await layOut('api');
    execFileSync('sh', ['-c', build.replace('/api', join(app, 'api'))], { cwd: app });
    // It runs, and cannot reach db-proxy.
    expect(
      await statusOf(
        app,
        command.map((word) => join(app, word)),
        '/products',
      ),
    ).toBe(502);
  });
});
