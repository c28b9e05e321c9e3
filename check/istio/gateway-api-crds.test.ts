import { expect, it } from 'vitest';
import { parseCase } from '../format.ts';
import { byCrds, channelOf } from './gateway-api-crds.ts';
import { ApiError } from './kubernetes.ts';

const caseOf = (title: string, rules: string) =>
  parseCase(`title: ${title}\nsteps: [{ expect: {} }]\n---\n${rules}`, title);
const object = (apiVersion: string, spec: string) =>
  `apiVersion: ${apiVersion}\nkind: HTTPRoute\nmetadata: { name: r }\nspec: ${spec}\n`;
const cases = [
  caseOf('istio', object('networking.istio.io/v1', '{}')),
  caseOf('standard', object('gateway.networking.k8s.io/v1', '{ rules: [{ name: a }] }')),
  caseOf('experimental', object('gateway.networking.k8s.io/v1', '{ rules: [{ retry: {} }] }')),
];

it.each([
  [undefined, ['istio'], ['standard', 'experimental']],
  ['standard', ['istio', 'standard'], ['experimental']],
  ['experimental', ['istio', 'standard', 'experimental'], []],
] as const)('CRDs of channel %s', (channel, runnable, lacking) => {
  const found = byCrds(cases, channel);
  expect(found.runnable.map(({ title }) => title)).toEqual(runnable);
  expect(found.lacking.map(({ title }) => title)).toEqual(lacking);
});

it('reads the channel off the CRD; a cluster without one has none', async () => {
  const annotated = (annotations: object) => ({ read: async <T>() => ({ metadata: { annotations } }) as T });
  expect(await channelOf(annotated({ 'gateway.networking.k8s.io/channel': 'experimental' }))).toBe(
    'experimental',
  );
  expect(await channelOf(annotated({}))).toBe('standard');
  const failing = (status: number) => ({ read: () => Promise.reject(new ApiError(status, 'x')) });
  expect(await channelOf(failing(404))).toBeUndefined();
  await expect(channelOf(failing(403))).rejects.toThrow('x');
});
