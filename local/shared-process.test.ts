import { afterEach, expect, it, vi } from 'vitest';
import { parseLanes } from '../lanes/lanes.ts';
import { generatedRules } from '../lanes/rules.ts';
import { type LocalLanes, type Replica, replicaName, startLocalLanes } from './local-lanes.ts';
import { sharesProcesses } from './shared-process.ts';

vi.setConfig({ testTimeout: 60_000 });

let local: LocalLanes | undefined;
afterEach(async () => {
  await local?.stop(0);
  local = undefined;
});

const two = `
processes: shared
services:
  service-a: { port: 31000, calls: service-b, versions: [release, { name: v1, env: { LOG_LEVEL: info } }] }
  service-b: { port: 32000, versions: [release, v1, v2] }
`;

async function start(file: string) {
  const lanes = parseLanes(file);
  const output: string[] = [];
  const started = await startLocalLanes({
    lanes,
    rules: generatedRules(lanes).rules,
    onOutput: (replica, line) => output.push(`${replicaName(replica)} | ${line}`),
  });
  local = started;
  await started.settled;
  const replica = (name: string): Replica => {
    const found = started.replicas.find((one) => replicaName(one) === name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  };
  const ask = async (color: string) => {
    const headers = { 'project-version': color, accept: 'application/json' };
    const response = await fetch(started.mesh.gateway.url, { headers });
    if (!response.ok) return response.status;
    const { trail } = (await response.json()) as { trail: { service: string; version: string }[] };
    return trail.map(({ service, version }) => `${service}/${version}`);
  };
  return { started, output, replica, ask };
}

const pids = (replicas: readonly Replica[]) => new Set(replicas.map(({ process }) => process.pid));

it('runs all versions of a service in one process, each with its port and its way out', async () => {
  const { started, ask } = await start(two);
  expect(pids(started.replicas).size).toBe(2);
  expect(new Set(started.replicas.map(({ process }) => process.port)).size).toBe(5);
  expect(await ask('v1')).toEqual(['service-a/v1', 'service-b/v1']);
  expect(await ask('v2')).toEqual(['service-a/release', 'service-b/v2']);
});

it('keeps logs and metrics of each apart', async () => {
  const { output, replica, ask } = await start(two);
  await ask('v1');
  const lines = output.filter((line) => line.startsWith('service-a/v1 | '));
  expect(lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))))).toMatchObject([
    { service: 'service-a', version: 'v1', msg: 'listening' },
  ]);
  const hops = async (name: string) => {
    const { host, port } = replica(name).process;
    const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
    return /^coloring_hops_total\{outcome="match".*\} (\d+)$/m.exec(text)?.[1];
  };
  expect([await hops('service-b/v1'), await hops('service-b/v2')]).toEqual(['1', '0']);
});

it('ends, starts anew and misbehaves one version at a time', async () => {
  const { started, replica, ask } = await start(two);
  const { process } = replica('service-b/v1');
  const pid = process.pid;
  if (!('halt' in process)) throw new Error('not started here');
  process.halt();
  await vi.waitFor(() => expect(process.pid).toBeUndefined(), 10_000);
  expect(await ask('v1')).toEqual(['service-a/v1', 'service-b/release']);
  process.restart('to fail', { MISBEHAVE: '1', MISBEHAVE_AS: 'status=500' });
  await vi.waitFor(() => expect(process.ready).toBe(true), 10_000);
  expect(process.pid).toBe(pid);
  expect(await ask('v1')).toBe(502);
  expect(await ask('v2')).toEqual(['service-a/release', 'service-b/v2']);
  expect(pids(started.replicas).size).toBe(2);
});

it('all come back when somebody kills the process', async () => {
  const { started, replica, ask } = await start(two);
  const before = replica('service-b/release').process.pid as number;
  globalThis.process.kill(before, 'SIGKILL');
  const others = started.replicas.filter(({ service }) => service.name === 'service-b');
  await vi.waitFor(
    () => expect(others.every(({ process }) => process.ready && process.pid !== before)).toBe(true),
    { timeout: 20_000, interval: 20 },
  );
  expect(pids(others).size).toBe(1);
  expect(await ask('v2')).toEqual(['service-a/release', 'service-b/v2']);
});

it('is gone with its last version', async () => {
  const { started } = await start(two);
  const running = [...pids(started.replicas)] as number[];
  await started.stop(1_000);
  for (const pid of running) expect(() => globalThis.process.kill(pid, 0)).toThrow('ESRCH');
});

it.each([
  ['each has its own where there are few', '[release, v1]', '', false],
  ['unless the file says so', '[release, v1]', 'processes: shared\n', true],
  ['beyond twelve they share', `[${Array.from({ length: 13 }, (_, i) => `v${i}`)}]`, '', true],
  [
    'unless the file says so',
    `[${Array.from({ length: 13 }, (_, i) => `v${i}`)}]`,
    'processes: each\n',
    false,
  ],
])('%s (%s)', (_, versions, more, shared) => {
  const lanes = parseLanes(`${more}services:\n  a: { port: 80, versions: ${versions} }\n`);
  expect(sharesProcesses(lanes)).toBe(shared);
});

it('a version that tells Node something has a process of its own', async () => {
  const { started } = await start(`
processes: shared
services:
  a: { port: 80, versions: [release, v1, { name: v2, env: { NODE_OPTIONS: --max-old-space-size=100 } }] }
`);
  expect(pids(started.replicas).size).toBe(2);
});
