/** The package as others have it: packed, installed into an empty folder, and used there on the lowest Node it promises. */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { firstLine } from '../../runtime/first-line.ts';
import { installLowestNode, lowestNode } from '../lowest-node.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const run = promisify(execFile);
const name = 'istio-traffic-coloring';
const hasRegistry = await run('npm', ['view', 'commander', 'name', '--fetch-retries=0']).then(
  () => true,
  () => false,
);

let folder: string;
let tarball: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { maxBuffer: 1e8 });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[')));
  tarball = join(folder, packed.filename);
  files = packed.files.map(({ path }: { path: string }) => path);
});
afterAll(() => rm(folder, { recursive: true }));

it('is below 2 MB, and below 4 MB unpacked', async () => {
  expect((await stat(tarball)).size).toBeLessThan(2_000_000);
  const { stdout } = await run('tar', ['-tvzf', tarball]);
  const bytes = stdout.split('\n').reduce((sum, line) => sum + Number(line.split(/\s+/)[2] ?? 0), 0);
  expect(bytes).toBeGreaterThan(500_000);
  expect(bytes).toBeLessThan(4_000_000);
});

it('has what is used, and nothing of how this project is made', async () => {
  const roots = new Set(files.map((file) => file.split('/')[0]));
  expect([...roots].sort()).toEqual([
    ...['CHANGELOG.md', 'LICENSE', 'README.md', 'README.zh.md', 'SECURITY.md', 'cli', 'lib', 'package.json'],
  ]);
  expect(
    files.filter((file) => /\.test\.|\/testing\/|^lib\/(bench|build|conformance|fuzz|test)\//.test(file)),
  ).toEqual([]);
  // Those that a pod runs, and types.
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
  expect(sources.filter((file) => !file.startsWith('lib/check/agent/'))).toEqual([]);
  for (const read of [
    'lib/lanes.yaml',
    'lib/istio/fallback.yaml',
    'lib/charts/routes/values.yaml',
    'lib/pipeline/deploy',
    'lib/lessons/06-the-colour/README.md',
  ])
    expect(files).toContain(read);
});

describe.skipIf(!hasRegistry)(
  `installed in an empty folder, on Node ${lowestNode}${hasRegistry ? '' : ' (needs an npm registry)'}`,
  () => {
    let empty: string;
    let env: NodeJS.ProcessEnv;

    beforeAll(async () => {
      empty = join(folder, 'empty');
      const bin = join(folder, 'bin');
      await mkdir(empty);
      await mkdir(bin);
      await symlink(await installLowestNode(bin), join(bin, 'node'));
      // Without what npm and vitest put there: nothing of this checkout is to be found.
      const path = (process.env.PATH ?? '').split(delimiter).filter((one) => !one.includes('node_modules'));
      env = { ...process.env, PATH: [bin, ...path].join(delimiter), NO_COLOR: '1' };
      // but whom this computer trusts
      const ours = /^npm_|^NODE_(?!EXTRA_CA_CERTS)|^FORCE_COLOR/i;
      for (const key of Object.keys(env)) if (ours.test(key)) delete env[key];
      await writeFile(join(empty, 'package.json'), '{ "private": true, "type": "module" }\n');
      await run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: empty, env });
    });

    const coloring = async (...args: string[]) => {
      const { stdout } = await run('npx', ['coloring', ...args], { cwd: empty, env });
      return stdout;
    };

    it('brings no Node along', async () => {
      const installed = await readdir(join(empty, 'node_modules'));
      expect(installed).toContain(name);
      expect(installed.filter((one) => ['node', 'typescript', 'rolldown'].includes(one))).toEqual([]);
      expect((await run('npx', ['node', '--version'], { cwd: empty, env })).stdout.trim()).toBe(
        `v${lowestNode}`,
      );
    });

    it('npx coloring start runs the lanes of the demo', async () => {
      const table = await coloring('start', '--once', '--port', '0');
      expect(table.match(/^ +✓ +(none|release-v\d) /gm)).toHaveLength(5);
      // Nor did any program complain.
      expect(table).not.toContain(' | ');
    });

    it('npx coloring start serves the map, and says whose lanes these are', async () => {
      const args = ['coloring', 'start', '--port', '0', '--map-port', '0'];
      const child = spawn('npx', args, {
        cwd: empty,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      const closed = new Promise((resolve) => child.once('close', resolve));
      let said = '';
      const url = await firstLine(child, child.stdout, (line) => {
        said += `${line}\n`;
        return line.includes('to stop') ? /the map +(http:\S+)/.exec(said)?.[1] : undefined;
      });
      try {
        expect(said).toContain('npx coloring init');
        const cookie = (await fetch(url)).headers.get('set-cookie') ?? '';
        const get = (path: string | URL) => fetch(new URL(path, url), { headers: { cookie } });
        const html = await (await get('/')).text();
        const [, main = ''] = /<script type="module" src="([^"]+)"/.exec(html) ?? [];
        const { imports } = JSON.parse(/<script type="importmap">(.+?)<\/script>/.exec(html)?.[1] ?? '{}');
        const seen = await modulesFrom(get, new URL(main, url), imports);
        expect(seen.size).toBeGreaterThan(20);
      } finally {
        // As a terminal does it: to npx and to what it started.
        process.kill(-(child.pid as number), 'SIGINT');
        await closed;
      }
    });

    it('npx coloring explain, rules, lint, init, lesson', async () => {
      expect(await coloring('explain', '-H', 'project-version: release-v3')).toContain('release-v3');
      expect(await coloring('rules')).toContain('kind: VirtualService');
      expect(await coloring('lint', '--json')).toBe('[]\n');
      expect(await coloring('lesson', '06', '--check', '--port', '0')).toContain('0 not as they say');
      await writeFile(
        join(empty, 'compose.yaml'),
        'services:\n  web: { image: web, ports: ["8080:80"], depends_on: [api] }\n  api: { image: api, expose: ["81"] }\n',
      );
      expect(await coloring('init', '--compose', 'compose.yaml', '--rules', 'istio')).toContain('web:');
      expect(await coloring('rules')).toContain('host: web');
      expect(await coloring('explain')).toContain('web');
      await rm(join(empty, 'lanes.yaml'));
    });

    it('says which commands need a checkout', async () => {
      expect(await coloring('--help')).not.toMatch(/ (bench|fuzz|conform|build) /);
      await expect(coloring('kind', 'up', '--dry-run')).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^The images of service-a and service-b are built in a checkout/),
      });
    });

    it('carries the colour by --import', async () => {
      const program = join(empty, 'chain.mjs');
      await cp(resolve('test/package/chain.mjs'), program);
      const options = { cwd: empty, env: { ...env, IN_MESH: 'localhost' } };
      expect((await run('node', [program], options)).stdout).toBe('none\n');
      const carried = await run('node', [`--import=${name}/carry/register`, program], options);
      expect(carried.stdout).toBe('cart\n');
    });

    it('is used by a program, with types', async () => {
      await cp(resolve('test/package/consumer.ts'), join(empty, 'consumer.ts'));
      const options = {
        ...{ target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: false, types: ['node'] },
        typeRoots: [resolve('node_modules/@types')],
      };
      await writeFile(
        join(empty, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }),
      );
      await run(resolve('node_modules/.bin/tsc'), ['-p', empty]).catch(({ stdout }) => {
        throw new Error(stdout);
      });
      const { stdout } = await run('node', ['consumer.js'], { cwd: empty, env });
      expect(JSON.parse(stdout)).toEqual({
        cluster: 'outbound|80|cart|api.shop.svc.cluster.local',
        wrong: [expect.stringMatching(/^wrong.yaml:1: /)],
        gateway: 404,
        carried: { 'project-version': 'cart' },
        middleware: 'function',
      });
    });
  },
);

/** A module and all that it imports, as a browser loads them. @throws where one is not there */
async function modulesFrom(
  get: (url: URL) => Promise<Response>,
  url: URL,
  imports: Readonly<Record<string, string>>,
  seen = new Set<string>(),
): Promise<Set<string>> {
  if (seen.has(url.href)) return seen;
  seen.add(url.href);
  const response = await get(url);
  expect(response.status, url.href).toBe(200);
  for (const [, from = ''] of (await response.text()).matchAll(
    /(?:^|[;}\s])(?:import|export)\b[^;'"]*?from\s*["']([^"']+)["']/g,
  ))
    await modulesFrom(get, new URL(imports[from] ?? from, url), imports, seen);
  return seen;
}
