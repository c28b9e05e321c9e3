/** What `lane local` would run, in its order, and what it refuses before anything is done. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { runHere } from '../../cli/testing/run-here.ts';
import { changes, dryRun, helm } from '../testing/dry-run.ts';
import { fakeKubectl } from '../testing/fake-kubectl.ts';

const me = ['lane', 'local', 'service-b', '--version', 'me'];

test('the relay as a Job, until it is ready; then its subset, then its route; each waited for', async () => {
  const lines = await dryRun([...me, '--relay-image', 'r/relay:1']);
  const steps = lines.flatMap((line) =>
    / wait |all have it/.test(line)
      ? (/all have it: .*|wait --for\S+/.exec(line)?.[0] ?? [])
      : changes([line]),
  );
  const routes = `${helm} upgrade --install service-b-routes charts/routes --reset-then-reuse-values --set-literal service=service-b --set port=32000 --set-literal baseline=release`;
  const [relay = '', ...rest] = steps;
  expect(relay).toContain(
    `${helm} upgrade --install service-b-me charts/version --set-literal service=service-b --set-literal version=me --set-literal image=r/relay:1 --set port=32000 --set-json 'local={"by":`,
  );
  expect(relay).toMatch(/"publicKey":"[\w-]{59}","ttlSeconds":60\}' --namespace coloring$/);
  expect(rest).toEqual([
    'wait --for=condition=Ready',
    `${routes} --set-literal states.me=subset --namespace coloring`,
    'all have it: subset me',
    `${routes} --set-literal states.me=routed --namespace coloring`,
    'all have it: routed me',
  ]);
});

test('--no-lane-routes: pods that no Service selects, and no rule', async () => {
  const lines = await dryRun([...me, '--relay-image', 'r/relay:1', '--no-lane-routes']);
  expect(changes(lines)).toEqual([
    expect.stringContaining(
      'upgrade --install service-b-calls-me charts/version --set-literal service=service-b-calls ',
    ),
  ]);
});

test('on kind its image is built of the checkout', async () => {
  const lines = await dryRun(me);
  expect(lines.filter((line) => /docker build|kind load/.test(line))).toEqual([
    expect.stringContaining('--build-arg SERVICE=relay .'),
    'kind load docker-image localhost/coloring/relay:ID --name coloring',
  ]);
});

describe('is refused', () => {
  test.each([
    [['lane', 'local', 'service-b'], 'version'],
    [
      ['lane', 'local', 'service-c', '--version', 'me'],
      'has no service service-c (has: service-a, service-b)',
    ],
    [['lane', 'local', 'service-b', '--version', 'Me_2'], '; write me-2'],
    [['lane', 'local', 'service-b', '--version', 'release'], 'release is the baseline of service-b'],
    [[...me, '--hang', '5'], 'Expected a time, 500ms, 5s or 1m, or never'],
    [[...me, '--hang', '0s'], 'Expected a time'],
    [[...me, '--ready-path', 'healthz'], 'Expected a path: /healthz'],
    [[...me, '--port', '0'], 'Expected a port'],
    [[...me, '--forward', 'service-c'], 'is not [LOCAL:]HOST:PORT'],
    [[...me, '--env', 'a-b=c'], 'expected NAME=value'],
    [[...me, '--ttl', 'x'], 'Expected a whole number of seconds'],
    [[...me, '--relay-image', '-x'], 'Expected an image'],
  ])('%j', async (args, message) => {
    const { exitCode, stderr, stdout } = await runHere([...args, '--dry-run']);
    expect(`${stderr}${stdout}`).toContain(message);
    expect(exitCode).toBe(2);
  });

  test('a cluster that takes no image of this computer, unless the relay is named', async () => {
    expect(await saidAt('far', ['far', 'near'])).toContain(
      'Which image of the relay? Only a context that kind has made, kind-NAME, gets it built and loaded, and this one is far.',
    );
  });

  test('a context that kubectl does not know, before anybody builds an image for it', async () => {
    expect(await saidAt('far', ['near'])).toContain('kubectl knows no context far (has: near)');
  });

  async function saidAt(context: string, known: readonly string[]): Promise<string> {
    const kubectl = await fakeKubectl(() => `printf '%s\\n' ${known.join(' ')}`);
    onTestFinished(() => kubectl.remove());
    const { stderr, exitCode } = await runHere([...me, '--context', context, '--dry-run'], kubectl.env);
    expect(exitCode).toBe(2);
    return stderr;
  }
});
