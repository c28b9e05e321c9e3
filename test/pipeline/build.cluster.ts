/** The build jobs as they run without KIND_CLUSTER: to a registry that wants a password. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGitLab, type GitLab, projectFiles } from './gitlab.ts';
import { removeImages } from './images.ts';
import { type Registry, startRegistry } from './registry.ts';

const password = 'registry-secret-1234';
const repository = 'fallback.group/fallback.project/service-b';

let registry: Registry;
let gitlab: GitLab;

beforeAll(async () => {
  registry = await startRegistry('runner', password);
  gitlab = await createGitLab({
    files: await projectFiles(),
    variables: {
      CI_REGISTRY: registry.address,
      CI_REGISTRY_USER: 'runner',
      CI_REGISTRY_PASSWORD: password,
      DOCKER_SERVICE: '',
      KIND_CLUSTER: '',
      SERVICES: 'service-b',
    },
  });
});

afterAll(async () => {
  await removeImages(`${registry?.address}/${repository}`);
  await gitlab?.remove();
  await registry?.[Symbol.asyncDispose]();
});

test('hands on what was pushed by its digest, under a tag of slug and commit', async () => {
  const { passed, log } = await (await gitlab.push('release-v1')).run(['build service-b']);
  expect(passed, log).toBe(true);
  const digest = new RegExp(`IMAGE=${registry.address}/${repository}@(sha256:[0-9a-f]{64})$`, 'm').exec(
    log,
  )?.[1];
  const tags = [...registry.manifests].filter(
    ([name, manifest]) => manifest.digest === digest && !name.includes('@'),
  );
  const names = tags
    .map(([name]) => name.replace(`${repository}:`, ''))
    .filter((name) => !name.startsWith('sha256:'));
  expect(names.sort()).toEqual(['release-v1', expect.stringMatching(/^release-v1-[0-9a-f]{8}$/)]);
});

test('takes layers over from the image before it', async () => {
  const config = [...registry.blobs.values()].find((blob) => blob.includes('moby.buildkit.cache'));
  expect(config).toBeDefined(); // the image says what its layers were made of
  // Docker is then as on a runner that has built nothing yet.
  await removeImages(`${registry.address}/${repository}`);
  const before = registry.requests.length;
  const { passed, log } = await (await gitlab.push('release-v1')).run(['build service-b']);
  expect(passed, log).toBe(true);
  const asked = registry.requests.slice(before);
  expect(asked.some((request) => /^(GET|HEAD) .*\/manifests\/release-v1$/.test(request))).toBe(true);
  expect(asked.some((request) => /^(GET|HEAD) .*\/manifests\/release$/.test(request))).toBe(true);
});

test('a password that the registry does not take fails the job', async () => {
  const { passed } = await (await gitlab.push('release-v1')).run(['build service-b'], {
    CI_REGISTRY_PASSWORD: 'wrong',
  });
  expect(passed).toBe(false);
});

test('no log has the password', () => {
  expect(gitlab.logs()).not.toContain(password);
  expect(gitlab.logs()).not.toContain(Buffer.from(`runner:${password}`).toString('base64'));
});
