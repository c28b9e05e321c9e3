/** Sources that do not answer, by a `helm` and a `docker` that say what the real ones say then. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Failure } from '../runtime/failure.ts';
import { Shell } from './shell.ts';
import { checkSources, imageSource, istioSources } from './source-check.ts';
import { sources } from './sources.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function program(name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
}

/** What is said where the sources are not all there; undefined where they are. */
async function check(needed: Parameters<typeof checkSources>[0]): Promise<string | undefined> {
  const { signal } = new AbortController();
  const shell = new Shell({ dryRun: false, signal, say: () => {} });
  try {
    await checkSources(needed).run(shell);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

const istioVersion = sources.istioCharts.version;
const away = `echo 'Error: looks like "https://charts.test" cannot be reached: no such host' >&2; exit 1`;

test('each that does not answer is named, with what it said and the option that replaces it', async () => {
  await program('helm', away);
  await program(
    'docker',
    `[ "$1" = image ] && exit 1; echo 'failed to resolve reference: connection refused' >&2; exit 1`,
  );
  const said = await check([
    imageSource(sources.kubernetes, 'kindest/node:x'),
    ...istioSources({ istioCharts: 'https://charts.test', istioVersion }),
    imageSource(sources.node, 'node:x'),
  ]);
  expect(said).toBe(
    [
      `kindest/node:x did not give ${sources.kubernetes.what}:`,
      '  failed to resolve reference: connection refused',
      'Name another place: --node-image or KIND_NODE_IMAGE.',
      '',
      `https://charts.test did not give Istio's charts, ${istioVersion}:`,
      '  Error: looks like "https://charts.test" cannot be reached: no such host',
      'Name another place: --istio-charts or ISTIO_CHARTS.',
      '',
      `node:x did not give ${sources.node.what}:`,
      '  failed to resolve reference: connection refused',
      'Name another place: --base-image or BASE_IMAGE.',
    ].join('\n'),
  );
});

test('an image that Docker has is not asked for elsewhere', async () => {
  await program('docker', `[ "$1" = image ]`);
  expect(await check([imageSource(sources.node, 'node:x')])).toBeUndefined();
});

test('an image that nobody will need is not asked for', async () => {
  await program('docker', 'exit 1');
  expect(await check([imageSource(sources.node, 'node:x', async () => true)])).toBeUndefined();
});

test('a folder lacks a chart: which one', async () => {
  for (const chart of ['base', 'gateway']) await writeFile(join(folder, `${chart}-${istioVersion}.tgz`), '');
  const said = await check(istioSources({ istioCharts: folder, istioVersion }));
  expect(said).toContain(`not there: ${join(folder, `istiod-${istioVersion}.tgz`)}\n`);
  await writeFile(join(folder, `istiod-${istioVersion}.tgz`), '');
  expect(await check(istioSources({ istioCharts: folder, istioVersion }))).toBeUndefined();
});
