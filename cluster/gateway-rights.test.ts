/** A lane by HTTPRoutes of an entry whose gateway is in another namespace, by somebody with rights in his own alone. */
import { afterEach, expect, it, vi } from 'vitest';
import { parseLanes } from '../lanes/lanes.ts';
import { Cluster } from './cluster.ts';
import { closedGateway } from './gateway-rights.ts';
import { installLane } from './lane-release.ts';
import { Shell } from './shell.ts';
import { type FakeKubectl, fakeKubectl } from './testing/fake-kubectl.ts';

const lanes = parseLanes(`
dialect: gateway
services:
  first: { entry: true, namespace: doors, port: 80, hosts: [first.test], versions: [release] }
  second: { entry: true, namespace: shop, port: 80, hosts: [second.test], calls: inner, versions: [release, me] }
  inner: { namespace: shop, port: 80, versions: [release, me] }
`);
const called = (name: string) => {
  const service = lanes.services.find((one) => one.name === name);
  if (!service) throw new Error(`no ${name}`);
  return service;
};

let kubectl: FakeKubectl;
afterEach(async () => {
  vi.unstubAllEnvs();
  await kubectl.remove();
});

/** @param answer lines of sh for `kubectl auth can-i` */
async function clusterThatSays(answer: string, said: string[] = []): Promise<Cluster> {
  kubectl = await fakeKubectl(() => `${answer}\n`);
  vi.stubEnv('PATH', kubectl.env.PATH);
  const shell = new Shell({
    dryRun: false,
    say: (line) => said.push(line),
    signal: new AbortController().signal,
  });
  return new Cluster('far', shell);
}

it('is asked of an entry whose gateway is elsewhere, and of nothing else', async () => {
  const no = await clusterThatSays('echo no; exit 1');
  expect(await closedGateway(no, lanes, called('second'))).toBe('doors');
  expect(await closedGateway(no, lanes, called('first'))).toBeUndefined();
  expect(await closedGateway(no, lanes, called('inner'))).toBeUndefined();
});

it('is open to who may write there', async () => {
  const yes = await clusterThatSays('echo yes');
  expect(await closedGateway(yes, lanes, called('second'))).toBeUndefined();
});

it('is no answer where the cluster gives none', async () => {
  const silent = await clusterThatSays('echo "connection refused" >&2; exit 1');
  await expect(closedGateway(silent, lanes, called('second'))).rejects.toThrow('connection refused');
});

it('makes the lane for calls inside of the mesh, and says so before', async () => {
  const said: string[] = [];
  const no = await clusterThatSays('echo no; exit 1', said);
  const scripts: (readonly string[])[] = [];
  vi.spyOn(no, 'script').mockImplementation(async (_, args) => {
    expect(said.at(-1)).toMatch(/^second me: for calls inside of the mesh alone, .* EnvoyFilters in doors;/);
    scripts.push(args);
  });
  const settings = { replicas: 1, env: {}, labels: {}, wait: false, image: 'i:1' };
  await installLane(no, { lanes, service: called('second'), version: 'me', timeoutSeconds: 1 }, settings);
  expect(scripts.flat()).toContain('service=second');
  expect(scripts.flat().join(' ')).not.toMatch(/entry|gateway/);
});
