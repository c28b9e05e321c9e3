import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Cluster } from './cluster.ts';
import { ObjectReader } from './objects.ts';
import { Shell } from './shell.ts';
import { type FakeKubectl, fakeKubectl } from './testing/fake-kubectl.ts';

const services = { group: 'v1', plural: 'services', kind: 'Service' };
const routes = { group: 'networking.istio.io/v1', plural: 'virtualservices', kind: 'VirtualService' };
const namespaces = { group: 'v1', plural: 'namespaces', kind: 'Namespace', clusterScoped: true as const };

/** Answers as kubectl does for a user who may read namespace `shop`, in a cluster without Istio. */
const kubectl = `
case "$5" in
  /api/v1/namespaces/shop/services) echo '{"items": [{"metadata": {"name": "web", "namespace": "shop"}}]}' ;;
  /api/v1/*) echo 'Error from server (Forbidden): services is forbidden: User "u" cannot list' >&2; exit 1 ;;
  /apis/old.test/v1beta1/grants) echo '{"items": [{"metadata": {"name": "g", "namespace": "shop"}}]}' ;;
  /apis/networking.istio.io/* | /apis/old.test/v1/*) echo 'Error from server (NotFound): the server could not find the requested resource' >&2; exit 1 ;;
  *) echo "error: context \\"$2\\" does not exist" >&2; exit 1 ;;
esac
`;

let fake: FakeKubectl;
beforeAll(async () => {
  fake = await fakeKubectl(() => kubectl);
  vi.stubEnv('PATH', fake.env.PATH);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await fake.remove();
});

const reader = () => {
  const shell = new Shell({ dryRun: false, say: () => {}, signal: new AbortController().signal });
  return new ObjectReader(new Cluster('test', shell));
};

it('reads the namespaces that the user may read, where he may not read all', async () =>
  expect(await reader().list(services, ['shop', 'other'])).toEqual({
    items: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } }],
    namespaces: ['shop'],
    refused: 'services is forbidden: User "u" cannot list',
  }));

it('reads nothing of the cluster as a whole that he may not', async () =>
  expect(await reader().list(namespaces, ['shop'])).toMatchObject({
    items: [],
    refused: expect.any(String),
  }));

it('takes a kind that is not there for an empty list', async () =>
  expect(await reader().list(routes)).toEqual({ items: [], isUnknown: true }));

it('reads a kind in the version that it had before, where the cluster has no newer one', async () => {
  const grants = { group: 'old.test/v1', older: 'old.test/v1beta1', plural: 'grants', kind: 'Grant' };
  expect(await reader().list(grants)).toEqual({
    items: [{ apiVersion: 'old.test/v1beta1', kind: 'Grant', metadata: { name: 'g', namespace: 'shop' } }],
  });
});

it('says what kubectl says where the cluster does not answer', () =>
  expect(reader().list({ ...routes, group: 'x/v1' })).rejects.toThrow('context "test" does not exist'));
