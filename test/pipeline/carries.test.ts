/** pipeline/carries with the lines that sidecars wrote (trace/recordings): kubectl and curl are stand-ins here. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carries-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Cluster {
  /** `POD SERVICE`, those of the version asked for. */
  pods: readonly string[];
  /** `POD LINE` */
  log: readonly string[];
  routes?: readonly string[];
  version: string;
}

async function carries({ pods, log, routes = [], version }: Cluster) {
  const script = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  writeFileSync(join(folder, 'pods'), `${pods.join('\n')}\n`);
  writeFileSync(join(folder, 'log'), `${log.join('\n')}\n`);
  script('curl', 'exit 0');
  script('sleep', 'exit 0');
  script(
    'kubectl',
    `case "$*" in
      *virtualservices*) echo '${routes.join(' ')}' ;;
      *'get pods'*) cat '${folder}/pods' ;;
      logs*) sed -n "s|^$2 ||p" '${folder}/log' ;;
      *) echo "unexpected: $*" >&2; exit 1 ;;
    esac`,
  );
  const env = {
    ...{ PATH: `${folder}:${process.env.PATH}`, VERSION: version, NAMESPACE: 'shop', BASELINE: 'release' },
    ...{ GATEWAY_URL: 'http://gateway.example', KUBE_CONTEXT: '' },
  };
  const { exitCode, stdout, stderr } = await execa('sh', ['pipeline/carries'], { env, reject: false });
  return { exitCode, said: [stdout, stderr].filter(Boolean).join('\n') };
}

const chain = readFileSync('trace/recordings/chain.log', 'utf8').trim().split('\n');
const podOf = (name: string) => chain.find((line) => line.startsWith(`${name}-`))?.split(' ', 1)[0] ?? '';
const without = (lines: readonly string[]) => lines.map((line) => line.replace(/ "[^"]*"$/, ''));

it.each([
  ['drops', 'api drops project-version: came in as drops, went out without'],
  ['changes', 'api changes project-version: came in as changes, went out as release-v9'],
])('a service that %s it fails the proof, by name and pod', async (version, expected) => {
  const pod = podOf(`api-${version}`);
  const { exitCode, said } = await carries({ version, pods: [`${pod} api`], log: chain });
  expect(exitCode).toBe(1);
  expect(said).toMatch(expected);
  expect(said).toContain(`(pod ${pod}, to stock:33000, 2026-11-26T02:31:42.1`);
});

it('one that carries it on passes', async () => {
  const log = chain.map((line) => line.replace(/"-"$/, '"drops"'));
  expect(await carries({ version: 'drops', pods: [`${podOf('api-drops')} api`], log })).toEqual({
    exitCode: 0,
    said: 'carried on: project-version: drops, calls of its lane: 1',
  });
});

it('without the colour in the log, a route tells, where there is one of this colour', async () => {
  const pods = [`${podOf('api-drops')} api`];
  const cluster = { version: 'drops', pods, log: without(chain) };
  expect(await carries({ ...cluster, routes: ['stock/drops', 'stock/release'] })).toMatchObject({
    exitCode: 1,
    said: expect.stringContaining('the call took route stock/release, though there is stock/drops'),
  });
  expect(await carries({ ...cluster, routes: ['stock/release'] })).toMatchObject({ exitCode: 0 });
});

it('a log as JSON is read, too', async () => {
  const line = (fields: object) => `p ${JSON.stringify({ start_time: 'now', request_id: '1', ...fields })}`;
  const log = [
    line({ upstream_cluster: 'inbound|80||', project_version: 'v1' }),
    line({ upstream_cluster: 'outbound|80||b', authority: 'b', project_version: null }),
  ];
  expect(await carries({ version: 'v1', pods: ['p a'], log })).toEqual({
    exitCode: 1,
    said: 'a drops project-version: came in as v1, went out without (pod p, to b, now)',
  });
});

it.each([
  ['no log at all', [], 'its sidecars have logged no request. Is the access log on?'],
  ['no call', chain.filter((line) => line.includes(' inbound|')), 'its services called nobody'],
  ['new request ids', chain, 'have request ids of their own, so nothing is said of them'],
])('%s is said, and is no failure', async (_, log, expected) => {
  const { exitCode, said } = await carries({ version: 'id', pods: [`${podOf('api-id')} api`], log });
  expect(exitCode).toBe(0);
  expect(said).toContain(expected);
});
