/** Programs of other people in lanes.yaml: they need know neither trail nor `/readyz`, and mistakes get their name. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { renderLanes, traceLanes } from '../lanes/lane-table.ts';
import { parseLanes } from '../lanes/lanes.ts';
import { readRules } from '../lanes/rules.ts';
import { type LocalLanes, replicaName, startLocalLanes } from '../local/local-lanes.ts';
import { projectFile, projectPath } from '../runtime/project.ts';

// Each test starts programs, which takes long where the computer has other things to do.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Asks whom API_URL names by node's own fetch, and carries the colour on unless it is told not to. */
const web = `
import { createServer } from 'node:http';
const { API_URL, PROJECT_VERSION, FORGETFUL, PORT, HOST } = process.env;
createServer(async (req, res) => {
  const color = req.headers['project-version'];
  const headers = color && !FORGETFUL ? { 'project-version': color } : {};
  const answer = await fetch(API_URL + req.url, { headers }).catch((error) => error);
  res.writeHead(answer.status ?? 502).end('web ' + PROJECT_VERSION + ' > ' + (answer.text ? await answer.text() : answer));
}).listen(PORT, HOST);
`;
const api = `
const { createServer } = require('node:http');
createServer((_, res) => res.end('api ' + process.env.PROJECT_VERSION)).listen(process.env.PORT, process.env.HOST);
`;

const node = JSON.stringify(process.execPath);
let folder: string;
let local: LocalLanes | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-'));
  await writeFile(join(folder, 'web.mjs'), web);
  await writeFile(join(folder, 'api.cjs'), api);
});
afterEach(async () => {
  await local?.stop(0);
  local = undefined;
  await rm(folder, { recursive: true });
});

/** Starts these lanes with the rules made from them; what each program said of itself is kept. */
async function start(services: string, watch = false) {
  const lanes = parseLanes(`services:\n${services}`, join(folder, 'lanes.yaml'));
  const { rules } = await readRules(undefined, lanes);
  const told: string[] = [];
  const started = await startLocalLanes({
    lanes,
    rules,
    watch,
    onChange: (replica, change) => {
      const why = 'reason' in change ? change.reason : 'why' in change ? change.why : '';
      told.push([replicaName(replica), change.type, why].filter(Boolean).join(' '));
    },
    onOutput: (replica, line) => told.push(`${replicaName(replica)} | ${line}`),
  });
  local = started;
  await started.settled;
  const table = async () => {
    const rows = await traceLanes(lanes, (question) => started.ask(question, '/'));
    return renderLanes(lanes, rows)
      .split('\n')
      .slice(0, rows.length + 1)
      .map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
  };
  return { told, table, started };
}

const ownApi = `  api: { port: 81, run: [${node}, api.cjs], versions: [release, v1, v3] }`;

it('shows who served at each hop, and names the one that loses the colour', async () => {
  const { table } = await start(`
  web:
    port: 80
    calls: api
    run: { command: [${node}, web.mjs] }
    versions: [release, v1, { name: v2, env: { FORGETFUL: 1 } }]
${ownApi}`);
  expect(await table()).toEqual([
    'project-version | web | api',
    '✓ | none | release | release',
    '✓ | v1 | v1 | v1',
    '✗ | v2 | v2 | release ↩ | colour - arrived at api, not v2: web/v2 did not carry it on',
    '✓ | v3 | release ↩ | v3',
    '✓ | release-v9 | release ↩ | release ↩',
  ]);
});

it('gives a program that ignores HTTP_PROXY addresses that lead through its sidecar, or says that it ignores it', async () => {
  const webOf = (more: string) => `
  web: { port: 80, calls: api, ${more}run: [${node}, web.mjs], versions: [{ name: release, env: { NODE_USE_ENV_PROXY: 0 } }] }
${ownApi}`;
  const ignoring = await start(webOf(''));
  expect((await ignoring.table())[1]).toMatch(/^✓ \| none \| release \| · \| answers 502: web release > /);
  expect(ignoring.started.silent()).toEqual([{ caller: 'web/release', calls: ['api'] }]);
  await ignoring.started.stop(0);

  const led = await start(webOf('ports: true, '));
  expect((await led.table())[1]).toBe('✓ | none | release | release');
  expect((await led.table())[3]).toBe('✓ | v3 | release ↩ | v3');
  expect(led.started.silent()).toEqual([]);
});

it('leads through the sidecar by such an address and carries the colour by carry/, together', async () => {
  const carry = JSON.stringify(`--import=${projectFile('carry/register.ts')}`);
  const { table } = await start(`
  web:
    port: 80
    calls: api
    ports: true
    run: { command: [${node}, ${carry}, web.mjs], env: { FORGETFUL: 1, NODE_USE_ENV_PROXY: 0 } }
    versions: [release, v1]
${ownApi}`);
  expect((await table()).slice(1, 4)).toEqual([
    '✓ | none | release | release',
    '✓ | v1 | v1 | v1',
    '✓ | v3 | release ↩ | v3',
  ]);
});

it('takes a process that runs already', async () => {
  const server = createServer((_, res) => res.end('from a debugger')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { table, told } = await start(
    `  api: { port: 81, versions: [release, { name: v1, url: "http://127.0.0.1:${port}" }, { name: v2, url: "http://127.0.0.1:1" }] }`,
  );
  expect(await table()).toEqual([
    'project-version | api',
    '✓ | none | release',
    '✓ | v1 | v1',
    '✗ | v2 | release ↩ | api answered as release, by the law it is v2',
    '✓ | release-v9 | release ↩',
  ]);
  expect(told).toContain('api/v2 slow nothing listens at 127.0.0.1:1 yet');
  server.close();
});

it('says what keeps a program from getting ready', async () => {
  await writeFile(join(folder, 'elsewhere.cjs'), api.replace('process.env.PORT', '0'));
  const { told } = await start(`
  api:
    port: 81
    run: [${node}, api.cjs]
    versions:
      - release
      - { name: typo, run: { command: no-such-command } }
      - { name: shell, run: { command: 'no-such-command; exit $?' } }
      - { name: folder, run: { dir: nowhere } }
      - { name: may-not, run: { command: ./api.cjs } }
      - { name: port, run: { command: [${node}, elsewhere.cjs] } }
      - { name: ends, run: { command: [${node}, --eval, 'console.log("bye"); process.exit(3)'] } }`);
  expect(told).toContain('api/typo died there is no command no-such-command');
  expect(told).toContain('api/shell died exit code 127 (command not found)');
  expect(told).toContain(`api/folder died there is no folder ${join(folder, 'nowhere')}`);
  expect(told).toContain('api/may-not died ./api.cjs may not be run: it is a folder, or lacks chmod +x');
  expect(told).toContain('api/ends died exit code 3');
  expect(told).toContain('api/ends | bye');
  if (process.platform === 'linux')
    expect(told).toContainEqual(
      expect.stringMatching(/^api\/port slow it listens on \d+, not on \d+, which its variable PORT names$/),
    );
});

it('starts a program anew when one of its files changes', async () => {
  const { told, started } = await start(
    `  api: { port: 81, run: { command: [${node}, api.cjs], watch: ['*.cjs'] }, versions: [release] }`,
    true,
  );
  const answer = async () => (await fetch(started.mesh.gateway.url)).text();
  expect(await answer()).toBe('api release');
  const text = await readFile(join(folder, 'api.cjs'), 'utf8');
  await writeFile(join(folder, 'api.cjs'), text.replace("'api '", "'changed '"));
  await expect.poll(answer, { timeout: 30_000 }).toBe('changed release');
  expect(told).toContain('api/release restarting its files changed');
});

it.skipIf(process.platform !== 'linux')('leaves no program behind when it is killed with -9', async () => {
  await writeFile(
    join(folder, 'lanes.yaml'),
    // A shell in between, as `go run` and `npm start` have one.
    `services:\n  api: { port: 81, run: "${process.execPath} ${folder}/api.cjs & wait", versions: [release] }`,
  );
  const child = execFile(
    process.execPath,
    [projectPath('cli/coloring.mjs'), 'start', '--lanes', join(folder, 'lanes.yaml')],
    { env: { ...process.env, GATEWAY_PORT: '0', NO_COLOR: '1' } },
  );
  let said = '';
  child.stdout?.on('data', (text) => {
    said += text;
  });
  await expect.poll(() => said, { timeout: 30_000 }).toMatch(/the gateway/);
  const [, url = ''] = /the gateway +(\S+)/.exec(said) ?? [];
  expect(await (await fetch(url)).text()).toBe('api release');
  const running = () =>
    new Promise<string>((resolve) =>
      execFile('pgrep', ['-f', `^${process.execPath} ${folder}/api.cjs`], (_, stdout) => resolve(stdout)),
    );
  expect(await running()).not.toBe('');
  child.kill('SIGKILL');
  await expect.poll(running, { timeout: 10_000 }).toBe('');
});
