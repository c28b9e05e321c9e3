/** `coloring trace --context` as a person calls it, with a kubectl that reads files; the gateway writes into them. */
import { randomUUID } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runHere } from '../../cli/testing/run-here.ts';
import { type FakeKubectl, fakeKubectl } from '../../cluster/testing/fake-kubectl.ts';
import { coloredFormat } from '../log-format.ts';

vi.setConfig({ testTimeout: 60_000 });

const pods = [
  pod('istio-system', 'gateway-1', {}, '10.1.0.1', 'router'),
  pod('shop', 'api-drops', { app: 'api', version: 'drops' }, '10.1.0.2', 'sidecar'),
  pod('shop', 'stock-1', { app: 'stock', version: 'release' }, '10.1.0.3', 'sidecar'),
];

function pod(namespace: string, name: string, labels: object, podIP: string, role: string) {
  const containers = [{ name: 'istio-proxy', args: ['proxy', role] }];
  return { metadata: { namespace, name, labels }, spec: { containers }, status: { phase: 'Running', podIP } };
}

/** `kubectl --context X get --raw PATH`, `kubectl --context X logs POD …`; those of namespace `forbidden` are. */
const kubectl = (folder: string) => `
case "$3 $5" in
  'get /api/v1/pods') cat '${folder}/pods' ;;
  'get '*/configmaps/istio) cat '${folder}/istio' ;;
  'get '*) echo '{"items": []}' ;;
  logs*)
    if [ -e "${folder}/forbidden-$6" ]; then
      echo 'Error from server (Forbidden): pods is forbidden: cannot get resource "pods/log"' >&2; exit 1
    fi
    [ ! -e "${folder}/$4.log" ] || cat "${folder}/$4.log" ;;
esac
`;

let fake: FakeKubectl;
let folder: string;
let gateway: Server;
let url: string;
const env = () => fake.env;
const lanes = ['--lanes', 'test/worlds/losers/lanes.yaml', '--namespace', 'shop', '--context', 'any'];

beforeEach(async () => {
  fake = await fakeKubectl(kubectl);
  ({ folder } = fake);
  await writeFile(join(folder, 'pods'), JSON.stringify({ items: pods }));
  const mesh = JSON.stringify({
    accessLogFile: '/dev/stdout',
    accessLogFormat: coloredFormat('project-version'),
  });
  await writeFile(join(folder, 'istio'), JSON.stringify({ data: { mesh } }));
  gateway = createServer(async (req, res) => {
    await logged(req);
    res.end('hello');
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
});
afterEach(async () => {
  gateway.close();
  await fake.remove();
});

/** As the proxies on the way write it: the gateway calls api, which calls stock without the colour. */
async function logged({ headers, url: path }: IncomingMessage): Promise<void> {
  const id = randomUUID();
  const at = new Date().toISOString();
  const common = { START_TIME: at, 'REQ(:METHOD)': 'GET', 'REQ(X-REQUEST-ID)': id, RESPONSE_CODE: '200' };
  const first = {
    ...common,
    'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)': path,
    DURATION: '20',
    'REQ(USER-AGENT)': headers['user-agent'],
    'REQ(PROJECT-VERSION)': headers['project-version'] && `${headers['project-version']}`,
    UPSTREAM_HOST: '10.1.0.2:80',
    UPSTREAM_CLUSTER_RAW: 'outbound|80|drops|api.shop.svc.cluster.local',
  };
  const second = {
    ...common,
    'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)': path,
    DURATION: '5',
    UPSTREAM_HOST: '10.1.0.3:80',
    UPSTREAM_CLUSTER_RAW: 'outbound|80|release|stock.shop.svc.cluster.local',
  };
  await write('gateway-1', at, first);
  await write('api-drops', at, second);
}

async function write(name: string, at: string, values: Readonly<Record<string, string | undefined>>) {
  const line = coloredFormat('project-version').replace(/%([^%]+)%/g, (_, field) => values[field] ?? '-');
  await appendFile(join(folder, `${name}.log`), `${at} ${line}\n`);
}

const drops =
  /^✗ api\/drops drops project-version: came in as drops, went out without \(pod api-drops, to stock, /m;

it('sends one request in each colour, and names who drops it', async () => {
  const { exitCode, stdout, stderr } = await runHere(['trace', ...lanes, '--url', url], env());
  expect(stdout).toContain('gateway → api/drops');
  expect(stdout).toMatch(/api\/drops → stock\/release +drops ⇒ - .*✗ colour dropped/);
  expect(stdout).toMatch(drops);
  expect(stderr).toBe('');
  expect(exitCode).toBe(1);
});

it('judges by what may be read, and says what may not', async () => {
  await writeFile(join(folder, 'forbidden-istio-system'), '');
  const { exitCode, stdout, stderr } = await runHere(
    ['trace', ...lanes, '--url', url, '--color', 'drops'],
    env(),
  );
  expect(stderr).toContain('no right to read logs in namespace istio-system (pods/log)');
  expect(stderr).toContain('no log has the request in colour drops');
  expect(stdout).toBe('');
  expect(exitCode).toBe(2);
});

it('without an access log it says how to have one, and what the answer itself tells', async () => {
  await writeFile(join(folder, 'istio'), JSON.stringify({ data: { mesh: '{}' } }));
  gateway.removeAllListeners('request').on('request', (_, res) => res.end('hello'));
  const { exitCode, stderr } = await runHere(['trace', ...lanes, '--url', url, '--color', 'drops'], env());
  expect(stderr).toContain('no proxy has logged a request (MeshConfig has no accessLogFile)');
  expect(stderr).toContain('accessLogFormat');
  expect(stderr).toContain('the answer to drops itself: 200');
  expect(exitCode).toBe(2);
});

it('a gateway that does not answer is an error', async () => {
  const args = ['trace', ...lanes, '--url', 'http://127.0.0.1:1', '--color', 'drops'];
  const { exitCode, stderr } = await runHere(args, env());
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/http:\/\/127.0.0.1:1 does not answer: .*--url URL/);
});

it('--watch sends nothing, and judges what flows until Ctrl-C', async () => {
  const args = ['cli/coloring.mjs', 'trace', ...lanes, '--watch', '--json'];
  const watching = execa(process.execPath, args, { env: env(), reject: false });
  let last: { requests?: number; findings?: { what: string }[] } = {};
  watching.stdout.on('data', (chunk) => {
    const line = String(chunk).trim().split('\n').at(-1);
    if (line?.endsWith('}')) last = JSON.parse(line);
  });
  await expect
    .poll(
      async () => {
        await fetch(url, { headers: { 'project-version': 'drops' } });
        return last.findings?.map(({ what }) => what);
      },
      { timeout: 40_000, interval: 500 },
    )
    .toEqual(['dropped']);
  watching.kill('SIGINT');
  expect((await watching).exitCode).toBe(1);
});

it('--watch ends where the cluster cannot be read', async () => {
  await writeFile(join(folder, 'pods'), JSON.stringify({ items: [] }));
  const { exitCode, stderr } = await runHere(['trace', ...lanes, '--watch'], env());
  expect(exitCode).toBe(2);
  expect(stderr).toContain('No pod with a sidecar runs in namespace shop');
});
