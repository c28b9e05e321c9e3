/**
 * gRPC from grpc-go and grpcio of Python, as callers through the gateway and through a sidecar: headers, weights, statuses
 * of programs and of the mesh. `test/grpc/install` fetches what they need.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseLanes } from '../../lanes/lanes.ts';
import { readRules } from '../../lanes/rules.ts';
import { type LocalLanes, startLocalLanes } from '../../local/local-lanes.ts';
import { projectFile } from '../../runtime/project.ts';

// Each test starts programs, which takes long where the computer has other things to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const here = projectFile('test/grpc');

interface Language {
  command: readonly [string, ...string[]];
  /** Without it the program cannot run. */
  needs: string;
  /** The same program where it is to find its sidecar by itself. */
  byProxy: string | readonly string[];
}

const go = `${here}/.tools/go-program`;
const python = ['python3', `${here}/python/main.py`] as const;
const packages = `${here}/.tools/python`;
const languages: Record<string, Language> = {
  // of the variables it heeds HTTPS_PROXY alone
  'grpc-go': { command: [go], needs: go, byProxy: `HTTPS_PROXY=$HTTP_PROXY exec '${go}'` },
  'grpcio of Python': { command: python, needs: `${packages}/grpc`, byProxy: python },
};

/** Of both; where Python looks for packages too. */
const env = { PYTHONPATH: packages };

const rules = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: door }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web }
spec:
  hosts: ['*']
  gateways: [door]
  http:
    - match: [{ headers: { project-version: { exact: v1 } } }]
      route: [{ destination: { host: web, subset: v1 } }]
    - route: [{ destination: { host: web, subset: release } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: api }
spec:
  hosts: [api]
  http:
    - match: [{ headers: { x-beta: { exact: fault } } }]
      fault: { abort: { grpcStatus: RESOURCE_EXHAUSTED, percentage: { value: 100 } } }
      route: [{ destination: { host: api, subset: release } }]
    - match: [{ headers: { x-beta: { exact: split } } }]
      route:
        - { destination: { host: api, subset: v1 }, weight: 50 }
        - { destination: { host: api, subset: v2 }, weight: 50 }
    - match: [{ headers: { x-beta: { exact: nobody } } }]
      route: [{ destination: { host: api, subset: none } }]
    - match: [{ headers: { project-version: { exact: v1 } } }]
      route: [{ destination: { host: api, subset: v1 } }]
    - match: [{ headers: { project-version: { exact: v2 } } }]
      route: [{ destination: { host: api, subset: v2 } }]
    - route: [{ destination: { host: api, subset: release } }]
${['web', 'api']
  .map(
    (host) => `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${host} }
spec:
  host: ${host}
  subsets:
    - { name: release, labels: { version: release } }
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
    - { name: none, labels: { version: none } }
`,
  )
  .join('')}`;

let folder: string;
let local: LocalLanes | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grpc-'));
  await mkdir(join(folder, 'istio'));
  await writeFile(join(folder, 'istio', 'rules.yaml'), rules);
});
afterEach(async () => {
  await local?.stop(0);
  local = undefined;
  await rm(folder, { recursive: true });
});

/** web calls api, both in this language. */
async function start(run: Language['byProxy'], ports: boolean): Promise<number> {
  const runs = JSON.stringify({ command: run, env });
  const service = (versions: string) => `protocol: grpc, run: ${runs}, versions: [release, ${versions}]`;
  const lanes = parseLanes(
    `services:
  web: { port: 50051, calls: api, ports: ${ports}, ${service('v1')} }
  api: { port: 50052, ${service('v1, v2')} }`,
    join(folder, 'lanes.yaml'),
  );
  const read = await readRules(undefined, lanes);
  const said: string[] = [];
  local = await startLocalLanes({
    lanes,
    rules: read.rules,
    watch: false,
    onOutput: (_, line) => said.push(line),
  });
  await local.settled;
  if (local.replicas.some(({ process }) => !process.ready)) throw new Error(said.join('\n'));
  return local.mesh.gateway.port;
}

interface Said {
  trail: string[] | null;
  status: number;
  message: string;
}

for (const [name, { command, needs, byProxy }] of Object.entries(languages)) {
  const ask = async (gateway: number, times: number, ...headers: string[]): Promise<Said[]> => {
    const [program, ...rest] = command;
    const args = [...rest, `127.0.0.1:${gateway}`, 'shop.example', String(times), ...headers];
    const { stdout } = await promisify(execFile)(program, args, { env: { ...process.env, ...env } });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  const trail = async (gateway: number, ...headers: string[]) => {
    const [said] = await ask(gateway, 1, ...headers);
    return said?.trail?.join(' > ') ?? said;
  };

  describe.skipIf(!existsSync(needs))(`${name} (needs test/grpc/install)`, () => {
    it.each([
      ['a local address that leads through the sidecar (ports: true)', command, true],
      ['its proxy, by CONNECT', byProxy, false],
    ])('calls by %s: the colour decides at both hops', async (_, run, ports) => {
      const gateway = await start(run, ports);
      expect(await trail(gateway, 'project-version=v1')).toBe('web/v1 > api/v1');
      expect(await trail(gateway, 'project-version=v2')).toBe('web/release > api/v2');
      expect(await trail(gateway)).toBe('web/release > api/release');
    });

    it('gets shares by weight, and each status as it is', async () => {
      const gateway = await start(command, true);
      const split = await ask(gateway, 60, 'x-beta=split');
      // all on one connection, each decided for itself; a side that gets none of 60 is one in 10^18
      expect(new Set(split.map(({ trail }) => trail?.join(' > ')))).toEqual(
        new Set(['web/release > api/v1', 'web/release > api/v2']),
      );
      const status = async (...headers: string[]) => (await ask(gateway, 1, ...headers))[0];
      expect(await status('answer-status=7', 'project-version=v2')).toEqual({
        trail: null,
        status: 7,
        message: 'as asked, by api/v2',
      });
      expect(await status('x-beta=fault')).toMatchObject({ status: 8, message: 'fault filter abort' });
      expect(await status('x-beta=nobody')).toMatchObject({ status: 14, message: 'no healthy upstream' });
    });
  });
}
