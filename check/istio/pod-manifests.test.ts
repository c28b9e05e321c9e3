import { expect, it } from 'vitest';
import { parseLanes } from '../../lanes/lanes.ts';
import { versionPod } from './pod-manifests.ts';

const world = parseLanes(`
namespace: coloring
services:
  service-a: { port: 31000, calls: service-b, versions: [{ name: v1, env: { PROPAGATE_HEADERS: end-user } }] }
  service-b: { port: 32000, namespace: elsewhere, versions: [{ name: v2, ready: false, labels: { tier: back } }] }
`);

function podOf(index: number) {
  const service = world.services[index] as (typeof world.services)[number];
  const version = service.versions[0] as (typeof service.versions)[number];
  const pod = versionPod(world, service, version, {
    name: 'p-1',
    image: 'an/image:1',
    gate: 'check/gate',
    isGrpc: false,
  });
  const spec = pod.spec as {
    readinessGates: unknown;
    containers: { image: string; env: { name: string; value: string }[] }[];
  };
  const [container] = spec.containers;
  const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
  return { pod, spec, env };
}

it('runs a version with the labels that rules select by, and behind its gate', () => {
  const { pod, spec } = podOf(0);
  expect(pod.metadata).toMatchObject({
    name: 'p-1',
    namespace: 'coloring',
    labels: { app: 'service-a', version: 'v1' },
  });
  expect(spec.readinessGates).toEqual([{ conditionType: 'check/gate' }]);
  expect(spec.containers[0]?.image).toBe('an/image:1');
});

it('tells it who it is, whom it calls, and what its version adds', () => {
  expect(podOf(0).env).toEqual({
    PORT: '31000',
    PROJECT_VERSION: 'v1',
    SERVICE_NAME: 'service-a',
    MISBEHAVE: '1',
    SERVICE_B_URL: 'http://service-b.elsewhere:32000',
    PROPAGATE_HEADERS: 'end-user',
  });
});

it('keeps one that is deployed and not ready from getting ready', () => {
  const { pod, env } = podOf(1);
  expect(env.READY).toBe('false');
  expect(pod.metadata.labels).toMatchObject({ tier: 'back' });
});
