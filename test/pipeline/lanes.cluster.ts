/**
 * The pipeline's own jobs against a real cluster with Istio, in the situations that branches bring; meanwhile other
 * people's requests go on, and none of them may fail. The steps are in order: each begins where the last one ended.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LoadReport, startLoad } from '../cluster/load.ts';
import { createGitLab, type GitLab, projectFiles, projectRoot, type Run, type Variables } from './gitlab.ts';
import { removeImages } from './images.ts';
import { type SshHost, sshdInstalled, startSshHost } from './ssh-host.ts';

/** Set by the runner of the cluster tests. */
const { KIND_CLUSTER = '', GATEWAY_URL = '' } = process.env;
const namespace = 'coloring';

const secrets = { CI_REGISTRY_PASSWORD: 'registry-secret-4711', CI_DEPLOY_PASSWORD: 'deploy-secret-0815' };
const onlyA = { SERVICES: 'service-a' };
const onlyB = { SERVICES: 'service-b' };

let gitlab: GitLab;
let kubeconfig: string;
let home: string;
let load: ReturnType<typeof startLoad> | undefined;

beforeAll(async () => {
  if (!KIND_CLUSTER || !GATEWAY_URL) throw new Error('set KIND_CLUSTER and GATEWAY_URL');
  home = await mkdtemp(join(tmpdir(), 'coloring-lanes-'));
  kubeconfig = (await execa('kind', ['get', 'kubeconfig', '--name', KIND_CLUSTER])).stdout;
  await writeFile(join(home, 'kubeconfig'), kubeconfig, { mode: 0o600 });
  await removeAll();
  gitlab = await createGitLab({
    files: await projectFiles(),
    variables: {
      KUBECONFIG: { file: kubeconfig },
      KIND_CLUSTER,
      GATEWAY_URL,
      DOCKER_SERVICE: '',
      CI_REGISTRY: 'registry.example.com',
      CI_REGISTRY_USER: 'runner',
      CI_DEPLOY_USER: 'puller',
      ...secrets,
      TIMEOUT: '60s',
      PROOF_SECONDS: '20',
    },
  });
});

afterAll(async () => {
  await load?.stop();
  await removeAll();
  await removeImages('registry.example.com/*/*/*');
  await gitlab?.remove();
  await rm(home, { recursive: true, force: true });
});

/** Leaves the cluster with nothing but Istio. */
async function removeAll(): Promise<void> {
  const releases = (await helm('list', '--all', '--short')).stdout.split('\n').filter(Boolean);
  // The routes first: they would point at nothing.
  releases.sort((a, b) => Number(b.endsWith('-routes')) - Number(a.endsWith('-routes')));
  for (const release of releases) await helm('uninstall', release);
  await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait');
}

/** Pushes, and runs what the push starts but `verify`, which needs an installed project (npm test does that). */
async function push(
  branch: string,
  variables: Variables = {},
  edit?: (folder: string) => Promise<void>,
): Promise<Run> {
  const checkout = await gitlab.push(branch, edit);
  const jobs = (await checkout.jobs(variables)).filter(
    (job) => job.when === 'on_success' && job.name !== 'verify',
  );
  return checkout.run(
    jobs.map((job) => job.name),
    variables,
  );
}

/** The versions that answer a request of this colour, hop by hop: `release-v2 > release`. */
async function answer(color?: string): Promise<string> {
  const headers = {
    accept: 'application/json',
    ...(color === undefined ? {} : { 'project-version': color }),
  };
  const response = await fetch(GATEWAY_URL, { headers });
  const { trail } = (await response.json()) as { trail: { version: string }[] };
  return trail.map((hop) => hop.version).join(' > ');
}

const inCluster = () => ['--kubeconfig', join(home, 'kubeconfig'), '--namespace', namespace];
const kubectl = async (...args: string[]) => (await execa('kubectl', [...inCluster(), ...args])).stdout;
const helm = (...args: string[]) => execa('helm', [...inCluster(), ...args]);
const deployments = async () =>
  (await kubectl('get', 'deployments', '--output', 'jsonpath={.items[*].metadata.name}')).split(' ').sort();
const subsets = async (service: string) =>
  (await kubectl('get', 'destinationrule', service, '--output', 'jsonpath={.spec.subsets[*].name}')).split(
    ' ',
  );

/** Puts a line at the top of a file of the branch, so that its builds differ from the others. */
const firstLine = (file: string, line: string) => async (folder: string) => {
  const path = join(folder, file);
  await writeFile(path, `${line}\n${await readFile(path, 'utf8')}`);
};

describe('a branch comes', () => {
  test('the first release, onto an empty cluster', async () => {
    const { passed, log } = await push('release');
    expect(passed, log).toBe(true);
    expect(log).toContain('nothing calls service-b yet');
    expect(log).toContain('proven: no colour -> service-a release');
    expect(await answer()).toBe('release > release');
    load = startLoad({
      origin: GATEWAY_URL,
      colors: ['-', 'release', 'release-v9', 'release-v1'],
      allowed: (_, color) => (color === 'release-v1' ? ['release', 'release-v1'] : ['release']),
      requestsPerSecond: 40,
    });
  });

  test('release-v1 on both services', async () => {
    const { passed, log } = await push('release-v1');
    expect(passed, log).toBe(true);
    expect(log).toContain('proven: project-version: release-v1 -> service-b release-v1');
    expect(log).toContain('proven: no colour -> service-b release');
    expect([await answer('release-v1'), await answer()]).toEqual([
      'release-v1 > release-v1',
      'release > release',
    ]);
  });

  test('release-v2 on service-a only', async () => {
    const { passed, log } = await push('release-v2', onlyA);
    expect(passed, log).toBe(true);
    expect(await answer('release-v2')).toBe('release-v2 > release');
    expect(await deployments()).not.toContain('service-b-release-v2');
  });

  test('two at once', async () => {
    const runs = await Promise.all([push('release-x', onlyB), push('release-y', onlyB)]);
    for (const { passed, log } of runs) expect(passed, log).toBe(true);
    expect([await answer('release-x'), await answer('release-y')]).toEqual([
      'release > release-x',
      'release > release-y',
    ]);
    expect(await answer('release-v1')).toBe('release-v1 > release-v1');
  });

  test('the same branch again: its route stays while its image is replaced', async () => {
    const { passed, log } = await push('release-v1', onlyB);
    expect(passed, log).toBe(true);
    expect(log).not.toContain('states.release-v1=subset');
    expect(await answer('release-v1')).toBe('release-v1 > release-v1');
  });
});

describe('a branch that is wrong harms nobody', () => {
  const crash = firstLine(
    'services/service-b/main.ts', // Not while it is built, where the image's cache is filled by a run.
    "if (process.env.KUBERNETES_SERVICE_HOST) throw new Error('this build is broken');",
  );

  test('its image crashes: the job shows why, and nothing of it is left', async () => {
    const { passed, log } = await push('release-broken', { ...onlyB, TIMEOUT: '30s' }, crash);
    expect(passed).toBe(false);
    expect(log).toContain('service-b-release-broken is not ready');
    expect(log).toContain('this build is broken');
    expect(await deployments()).not.toContain('service-b-release-broken');
    expect(await subsets('service-b')).not.toContain('release-broken');
    expect(await answer('release-broken')).toBe('release > release');
  });

  test('its image cannot be pulled: the same', async () => {
    const noSuchImage = {
      VERSION_OPTIONS: '--set-literal image=registry.example.com/none:none',
      TIMEOUT: '20s',
    };
    const { passed, log } = await push('release-unpullable', { ...onlyB, ...noSuchImage });
    expect(passed).toBe(false);
    expect(log).toContain('Failed to pull image');
    expect(log).toContain('service-b-release-unpullable is not ready');
    expect(await deployments()).not.toContain('service-b-release-unpullable');
  });

  test('a lane’s next image crashes: the last good one goes on', async () => {
    const { passed, log } = await push('release-v1', { ...onlyB, TIMEOUT: '30s' }, crash);
    expect(passed).toBe(false);
    expect(log).toContain('going back to what this branch deployed before');
    expect(await answer('release-v1')).toBe('release-v1 > release-v1');
    await kubectl('rollout', 'status', 'deployment/service-b-release-v1', '--timeout=60s');
  });

  test('it does not answer as its version: the route is taken back', async () => {
    const impostor = firstLine('services/service-b/main.ts', "process.env.PROJECT_VERSION = 'impostor';");
    const { passed, log } = await push('release-wrong', { ...onlyB, PROOF_SECONDS: '10' }, impostor);
    expect(passed).toBe(false);
    expect(log).toContain('not so: project-version: release-wrong -> service-b release-wrong');
    expect(await deployments()).not.toContain('service-b-release-wrong');
    expect(await subsets('service-b')).not.toContain('release-wrong');
    expect(await answer('release-wrong')).toBe('release > release');
  });

  test('its name shortens to another’s: refused before anything is built, naming the first', async () => {
    const first = await push('release-a_b', onlyB);
    expect(first.passed, first.log).toBe(true);
    const second = await push('release-a.b', onlyB);
    expect(second.passed).toBe(false);
    expect(second.log).toContain('belongs to branch "release-a_b"');
    expect(second.log).not.toContain('docker build');
    const stop = await (await gitlab.push('release-a.b')).runWithoutCheckout('stop service-b');
    expect(stop.passed).toBe(false);
    expect(stop.log).toContain('service-b release-a-b belongs to branch "release-a_b", not to "release-a.b"');
    expect(await answer('release-a-b')).toBe('release > release-a-b');
  });
});

describe('a job died and left a Helm release locked', () => {
  /** Kills an upgrade that waits for what never gets ready. */
  async function lock(release: string, ...values: string[]): Promise<void> {
    const upgrade = helm(
      'upgrade',
      release,
      join(projectRoot, 'charts/version'),
      '--reuse-values',
      '--wait',
      ...values,
    );
    upgrade.catch(() => {}); // killed below
    const pending = async () =>
      (await helm('status', release, '--output', 'json')).stdout.includes('"pending-upgrade"');
    await pWaitFor(pending, { interval: 100 });
    upgrade.kill('SIGKILL');
    await upgrade.catch(() => {});
  }

  test('the next pipeline repairs it', async () => {
    await lock('service-b-release-x', '--set', 'image=registry.example.com/none:none');
    const { passed, log } = await push('release-x', { ...onlyB, LOCK_SECONDS: '1' });
    expect(passed, log).toBe(true);
    expect(log).toMatch(/service-b-release-x is locked since \d+ s by a job that died: repairing/);
    expect(await answer('release-x')).toBe('release > release-x');
  });

  test('a young lock is waited for: its job may live', async () => {
    await lock('service-b-release-x', '--set', 'image=registry.example.com/none:none');
    const deploying = push('release-x', { ...onlyB, LOCK_SECONDS: '30' });
    const { passed, log } = await deploying;
    expect(passed, log).toBe(true);
    expect(log).toMatch(/service-b-release-x is being changed since \d+ s by someone else: waiting/);
    expect(await answer('release-x')).toBe('release > release-x');
  });
});

describe('a branch goes', () => {
  test('its stop jobs take it away, without a checkout of it', async () => {
    const branch = await gitlab.push('release-v2');
    await gitlab.deleteBranch('release-v2');
    const { passed, log } = await branch.runWithoutCheckout('stop service-a');
    expect(passed, log).toBe(true);
    const steps = [
      'states.release-v2=subset',
      'states.release-v2=gone',
      'helm uninstall service-a-release-v2',
    ];
    const places = [...steps, 'states.release-v2=null'].map((step) => log.indexOf(step));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(await deployments()).not.toContain('service-a-release-v2');
    expect(await subsets('service-a')).toEqual(['release', 'release-v1']);
    expect(await answer('release-v2')).toBe('release > release');
    // GitLab may start it again: nothing is there any more, and that is no error.
    const again = await branch.runWithoutCheckout('stop service-a');
    expect(again.passed, again.log).toBe(true);
  });

  test('the baseline’s stop job refuses', async () => {
    const { passed, log } = await (await gitlab.push('release')).runWithoutCheckout('stop service-a');
    expect(passed).toBe(false);
    expect(log).toContain('release is the baseline');
    expect(await answer()).toBe('release > release');
  });

  test('the reaper takes away lanes whose branch is gone, and no other', async () => {
    await helm(
      'install',
      'service-b-by-hand',
      join(projectRoot, 'charts/version'),
      ...[
        '--set',
        'service=service-b',
        '--set',
        'version=by-hand',
        '--set',
        'port=32000',
        '--set',
        'replicas=0',
      ],
    );
    await gitlab.deleteBranch('release-y');
    const { passed, log } = await (await gitlab.push('main')).run(['reap service-a', 'reap service-b'], {
      CI_PIPELINE_SOURCE: 'schedule',
    });
    expect(passed, log).toBe(true);
    expect(log).toContain('branch "release-y" is gone');
    expect((await deployments()).filter((name) => name.startsWith('service-b'))).toEqual([
      'service-b-by-hand',
      'service-b-release',
      'service-b-release-a-b',
      'service-b-release-v1',
      'service-b-release-x',
    ]);
    expect(await answer('release-x')).toBe('release > release-x');
    expect(await answer('release-y')).toBe('release > release');
  });

  test('a list of branches without the baseline reaps nothing', async () => {
    await gitlab.deleteBranch('release');
    const { passed, log } = await (await gitlab.push('main')).run(['reap service-b'], {
      CI_PIPELINE_SOURCE: 'schedule',
    });
    expect(passed).toBe(false);
    expect(log).toContain('nothing is reaped');
    expect(await deployments()).toContain('service-b-release-x');
  });
});

describe.skipIf(!sshdInstalled)(
  `over ssh${sshdInstalled ? '' : ' (skipped: no /usr/sbin/sshd on this machine)'}`,
  () => {
    let host: SshHost;
    let variables: Variables;
    beforeAll(async () => {
      host = await startSshHost(kubeconfig);
      // The runner itself cannot reach the cluster: only the host can.
      variables = { ...onlyB, KUBECONFIG: { file: '' }, ...host.variables };
    });
    afterAll(() => host?.[Symbol.asyncDispose]());

    test('a branch comes and goes', async () => {
      const come = await push("release-it's-far", variables);
      expect(come.passed, come.log).toBe(true);
      expect(come.log).toContain('proven: project-version: release-it-s-far -> service-b release-it-s-far');
      expect(await answer('release-it-s-far')).toBe('release > release-it-s-far');

      const branch = await gitlab.push("release-it's-far");
      await gitlab.deleteBranch("release-it's-far");
      const go = await branch.runWithoutCheckout('stop service-b', variables);
      expect(go.passed, go.log).toBe(true);
      expect(await deployments()).not.toContain('service-b-release-it-s-far');
    });

    test('the reaper too, and a step that fails there fails the job', async () => {
      const gone = await push('release-far', variables);
      expect(gone.passed, gone.log).toBe(true);
      await gitlab.deleteBranch('release-far');
      const main = await gitlab.push('main');
      const scheduled = { ...variables, CI_PIPELINE_SOURCE: 'schedule' };
      const refused = await main.run(['reap service-b'], scheduled);
      expect(refused.passed).toBe(false); // the branch release is still deleted
      await gitlab.push('release');
      const reaped = await main.run(['reap service-b'], scheduled);
      expect(reaped.passed, reaped.log).toBe(true);
      expect(await deployments()).not.toContain('service-b-release-far');
    });

    test('a host that is not the known one gets nothing', async () => {
      const unknown = { ...variables, SSH_KNOWN_HOSTS: { file: '' } };
      const { passed, log } = await (await gitlab.push('release-far')).run(['name'], unknown);
      expect(passed).toBe(false);
      expect(log).toContain('Host key verification failed');
    });

    test('the private key is in no log', async () => {
      const key = host.variables.SSH_PRIVATE_KEY as { file: string };
      for (const line of key.file.trim().split('\n')) expect(gitlab.logs()).not.toContain(line);
    });
  },
);

test('in all this no request of anybody else failed or was in a wrong lane', async () => {
  const report = (await load?.stop()) as LoadReport;
  load = undefined;
  console.info(
    `${report.sent} requests in ${Math.round(report.seconds)} s, slowest ${Math.round(report.slowestMs)} ms`,
  );
  expect(report.failed).toEqual(new Map());
  expect(report.wrongLane).toEqual(new Map());
  expect(report.sent).toBeGreaterThan(1000);
});

test('no log has a secret', () => {
  const keys = kubeconfig.match(/(?<=(?:client-key-data|token): )\S+/g) ?? [];
  expect(keys.length).toBeGreaterThan(0);
  for (const secret of [...Object.values(secrets), ...keys]) expect(gitlab.logs()).not.toContain(secret);
});
