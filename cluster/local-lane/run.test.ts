/** What is said when it does not come: whether something was made, by tools of the test that say no. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseLanes } from '../../lanes/lanes.ts';
import { fakeKubectl } from '../testing/fake-kubectl.ts';
import type { LocalLaneOptions } from './options.ts';
import { runLocalLane } from './run.ts';

const lanes = parseLanes('services: { b: { port: 80, versions: [release] } }');
const [service] = lanes.services;
if (!service) throw new Error('no service');
const { signal } = new AbortController();
const options: LocalLaneOptions = {
  target: { context: 'far', lanes, service, version: 'me', timeoutSeconds: 2 },
  port: 80,
  readyPath: false,
  command: [],
  forwards: [],
  isRouted: true,
  proxyAll: false,
  env: {},
  envFromBaseline: false,
  relayImage: 'r/relay:1',
  baseImage: '',
  ttlSeconds: 60,
  dryRun: false,
  say: () => {},
  ...{ signal, now: signal },
};

/** @param items what the cluster has by the lane's name; there is no chart that this helm could install */
async function toolsOver(items: object[]): Promise<void> {
  const kubectl = await fakeKubectl(
    (folder) => `
case "$*" in
  *version*) echo '{"gitVersion": "v1.34.0"}' ;;
  *"get httproutes"*) exit 1 ;;
  *" get "*"-o json") cat ${folder}/items ;;
esac
`,
  );
  const helm = join(kubectl.folder, 'helm');
  await writeFile(
    helm,
    `#!/bin/sh
case "$*" in
  version*) echo v3.18.0 ;;
  *" status "*) echo {} ;;
  *) echo 'no such chart' >&2; exit 1 ;;
esac
`,
  );
  await chmod(helm, 0o755);
  await writeFile(join(kubectl.folder, 'items'), JSON.stringify({ items }));
  vi.stubEnv('PATH', kubectl.env.PATH);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await kubectl.remove();
  });
}

test('the name is taken: nothing was made', async () => {
  await toolsOver([{ kind: 'Deployment', metadata: { name: 'b-me' } }]);
  const failure = (await runLocalLane(options).catch((error) => error)) as Error;
  expect(failure.message).toContain('b me is deployed already');
  expect(failure.message).toMatch(/\nNothing was made\.$/);
});

test('its release fails: it is said that what was made is taken away', async () => {
  await toolsOver([]);
  const failure = (await runLocalLane(options).catch((error) => error)) as Error;
  expect(failure.message).toContain('no such chart');
  expect(failure.message).toMatch(
    /\nWhat was made is taken away again\. To look: npx coloring lane list --context far\.$/,
  );
});
