import { expect, it } from 'vitest';
import { RulesRefused } from '../engine.ts';
import { HeldObjects } from './held-objects.ts';
import { ApiError, type Kubernetes, type KubernetesObject } from './kubernetes.ts';

const object = (kind: string, name: string, spec: unknown = {}) =>
  ({
    apiVersion: 'networking.istio.io/v1',
    kind,
    metadata: { name, namespace: 'one' },
    spec,
  }) as KubernetesObject;

/** What is done, in order; objects called `bad` are refused. */
function recorded() {
  const done: string[] = [];
  const api = {
    apply: async ({ metadata: { name } }: KubernetesObject) => {
      if (name === 'bad') throw new ApiError(422, 'spec: no');
      done.push(`apply ${name}`);
    },
    delete: async ({ metadata: { name } }: KubernetesObject) => void done.push(`delete ${name}`),
  } as unknown as Kubernetes;
  const settle = async () => void done.push('settle');
  return { done, held: new HeldObjects(api), settle };
}

it('applies what has changed, then what is last, and takes away what is not wanted any more', async () => {
  const { done, held, settle } = recorded();
  await held.hold([object('Sidecar', 'a'), object('Sidecar', 'b')], [object('Service', 'marker', 1)], settle);
  expect(done.splice(0)).toEqual(['apply a', 'apply b', 'settle', 'apply marker']);
  await held.hold([object('Sidecar', 'a')], [object('Service', 'marker', 2)], settle);
  expect(done).toEqual(['delete b', 'settle', 'apply marker']);
});

it('makes a rule anew that would be older than one before it', async () => {
  const { done, held, settle } = recorded();
  await held.hold([object('VirtualService', 'b')], [], settle);
  await held.hold([object('VirtualService', 'b'), object('VirtualService', 'a')], [], settle);
  expect(done.slice(2)).toEqual(['delete b', 'apply a', 'apply b', 'settle']);
});

it('says which objects are refused, and waits for no endpoints then', async () => {
  const { done, held, settle } = recorded();
  const hold = held.hold(
    [object('Gateway', 'bad'), object('Gateway', 'good')],
    [object('Service', 'marker')],
    settle,
  );
  await expect(hold).rejects.toThrow(new RulesRefused(['Gateway bad: spec: no']));
  expect(done).toEqual(['apply good', 'apply marker']);
});
