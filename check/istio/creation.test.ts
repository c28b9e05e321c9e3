import { expect, it } from 'vitest';
import { inOrder, tooOld } from './creation.ts';
import type { KubernetesObject } from './kubernetes.ts';

const object = (kind: string, name: string, namespace = 'coloring'): KubernetesObject => ({
  apiVersion: kind === 'Service' ? 'v1' : 'networking.istio.io/v1',
  kind,
  metadata: { name, namespace },
});
const nameOf = ({ kind, metadata: { name, namespace } }: KubernetesObject) => `${kind} ${namespace}/${name}`;
const rule = (name: string, namespace?: string) => object('DestinationRule', name, namespace);

it('creates rules of a kind by name, then by namespace; everything else at once', () => {
  const objects = [
    rule('z'),
    object('Gateway', 'b'),
    rule('a', 'elsewhere'),
    rule('a'),
    object('Service', 'y'),
  ];
  expect(inOrder(objects).map((list) => list.map(nameOf))).toEqual([
    ['DestinationRule coloring/a', 'DestinationRule elsewhere/a', 'DestinationRule coloring/z'],
    ['Gateway coloring/b'],
    ['Service coloring/y'],
  ]);
});

it('makes anew what is older than a new one that belongs before it', () => {
  const present = [rule('b'), rule('d'), object('Gateway', 'z')];
  expect(tooOld(present, [rule('b'), rule('c'), rule('d'), object('Gateway', 'z')], nameOf)).toEqual([
    rule('d'),
  ]);
  expect(tooOld(present, [...present, rule('e')], nameOf)).toEqual([]);
  expect(tooOld(present, [rule('a'), ...present], nameOf)).toEqual([rule('b'), rule('d')]);
});
