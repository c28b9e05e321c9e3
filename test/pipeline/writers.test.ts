/** Several jobs write the routes of one service at once, with the real helm: nobody's word is lost. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { has, hasHelm, type KubernetesObject } from '../charts/tools.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { projectRoot } from './gitlab.ts';

const hasTools = hasHelm && has('kubectl', 'version', '--client');
/** As YAML and Helm would rather read some of them. */
const versions = ['release-v1', '123', 'null'];
const namespace = 'coloring';

let server: ApiServer;
let home: string;
let kubeconfig: string;

beforeAll(async () => {
  server = await startApiServer();
  home = await mkdtemp(join(tmpdir(), 'writers-'));
  kubeconfig = join(home, 'kubeconfig');
  const named = {
    name: 'x',
    cluster: { server: server.url },
    context: { cluster: 'x', user: 'x' },
    user: {},
  };
  const config = { clusters: [named], contexts: [named], users: [named], 'current-context': 'x' };
  await writeFile(kubeconfig, JSON.stringify(config));
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

/** A step of the pipeline. */
async function step(name: string, ...args: readonly string[]): Promise<void> {
  await execa(join(projectRoot, 'pipeline', name), args, {
    env: {
      ...{ KUBECONFIG: kubeconfig, HOME: home, KUBE_CONTEXT: '', LOCK_SECONDS: '60', PROOF_SECONDS: '5' },
      ...{ SERVICE: 'service-b', PORT: '32000', BASELINE: 'release', NAMESPACE: namespace, BRANCH: '' },
      ...{ TIMEOUT: '10s', ROUTES_OPTIONS: '--disable-openapi-validation', DRY_RUN: '', QUIET: '' },
      VERSION: args.at(-1) ?? '',
    },
  });
}

function deploy(version: string): void {
  const name = `service-b-${version}`;
  const labels = { app: 'service-b', version };
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace, labels } };
  server.objects.set(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, object);
}

const specOf = (resource: string) =>
  (
    server.objects.get(
      `/apis/networking.istio.io/v1/namespaces/${namespace}/${resource}/service-b`,
    ) as KubernetesObject
  ).spec;
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name.replace('service-b/', ''));

/** What the cluster has of a version. */
function stateOf(version: string): string {
  if (names(specOf('virtualservices').http).includes(version)) return 'routed';
  return names(specOf('destinationrules').subsets).includes(version) ? 'subset' : 'gone';
}

async function values(): Promise<{ states: Record<string, string> }> {
  const { stdout } = await execa(
    'helm',
    ['get', 'values', 'service-b-routes', '-n', namespace, '-o', 'json'],
    {
      env: { KUBECONFIG: kubeconfig },
    },
  );
  return JSON.parse(stdout);
}

test.skipIf(!hasTools)(
  'each version is as its own writer said last, and what has gone is not remembered (needs helm and kubectl)',
  async () => {
    for (const version of ['release', ...versions]) deploy(version);
    await step('routes', 'routed', 'release');
    const each = (work: (version: string) => Promise<void>) => Promise.all(versions.map(work));
    await each(async (version) => {
      for (const state of ['subset', 'routed']) {
        await step('routes', state, version);
        expect([version, stateOf(version)]).toEqual([version, state]);
      }
    });
    expect((await values()).states).toEqual(
      Object.fromEntries(['release', ...versions].map((version) => [version, 'routed'])),
    );
    await each((version) => step('remove', version));
    expect((await values()).states).toEqual({ release: 'routed' });
  },
  120_000,
);
