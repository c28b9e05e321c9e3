import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { Cluster } from '../cluster.ts';
import { Shell } from '../shell.ts';
import { partBeforehand } from './beforehand.ts';

const service = { name: 'service-a', namespace: 'shop', baseline: 'release' };
let folder: string;
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/**
 * @param kubectl lines of sh: the ConfigMap
 * @param withoutValues what helm says then
 */
async function part(
  values: object | undefined,
  kubectl: string,
  names: readonly string[],
  withoutValues = 'Error: release: not found',
): Promise<string> {
  folder = await mkdtemp(join(tmpdir(), 'beforehand-'));
  const tools = {
    helm: values
      ? `case "$*" in *'get values service-a-routes '*) echo '${JSON.stringify(values)}' ;; *) echo "$*"; cat ;; esac`
      : `echo '${withoutValues}' >&2; exit 1`,
    kubectl,
  };
  for (const [name, text] of Object.entries(tools)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name), 0o755);
  }
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  const shell = new Shell({ dryRun: false, say: () => {}, signal: new AbortController().signal });
  return partBeforehand(new Cluster('far', shell), service, names);
}

it('is rendered as the routes were told, and keeps the names that are there', async () => {
  const values = { entry: true, service: 'service-a', weights: { me: 100 }, gateway: { namespace: 'doors' } };
  const said = await part(values, `echo '{"data": {"bob": "", "ann": ""}}'`, ['ann', 'carl']);
  const [command = '', told = ''] = said.split('\n');
  expect(command).toMatch(
    /^--kube-context far template service-a-routes \S+charts\/routes --namespace shop .*templates\/beforehand\.yaml$/,
  );
  expect(JSON.parse(told)).toEqual({
    ...{ entry: true, service: 'service-a', versions: ['release'], weights: {} },
    gateway: { namespace: 'doors', beforehand: ['ann', 'bob', 'carl'] },
  });
});

it('may be the first one', async () =>
  expect(await part({ entry: true }, 'true', ['ann'])).toContain('"beforehand":["ann"]'));

it('loses no name that cannot be read', async () => {
  await expect(part({ entry: true }, 'echo no right >&2; exit 1', ['ann'])).rejects.toThrow('no right');
});

it.each([undefined, { entry: false }, null])(
  'is nothing without a gateway that leads there: %j',
  async (values) => {
    await expect(part(values as object, 'true', ['ann'])).rejects.toThrow(
      'No Helm release service-a-routes in namespace shop of far leads the gateway to service-a',
    );
  },
);

it('is not taken for nothing where the cluster does not say', async () => {
  await expect(part(undefined, 'true', ['ann'], 'Error: cluster unreachable')).rejects.toThrow('unreachable');
});
