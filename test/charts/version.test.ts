import { describe, expect, test } from 'vitest';
import { hasHelm, type KubernetesObject, refusal, render } from './tools.ts';

const least = { service: 'service-a', version: 'release-v1' };
const local = {
  by: 'ann@laptop',
  since: '2026-11-26T19:00:00.000Z',
  session: 'laptop/1',
  publicKey: 'abc_-',
};

function only(objects: readonly KubernetesObject[], kind: string): KubernetesObject {
  const found = objects.filter((object) => object.kind === kind && !object.metadata.name.endsWith('-test'));
  expect(found.map(({ metadata }) => metadata.name)).toHaveLength(1);
  return found[0] as KubernetesObject;
}

const kinds = (values: object) =>
  render('version', 'release', values)
    .filter(({ metadata }) => !/-test(ed)?$/.test(metadata.name))
    .map(({ kind }) => kind)
    .sort();

describe.skipIf(!hasHelm)('charts/version (needs helm)', () => {
  test('service and version alone render, with the labels and names of the contract', () => {
    const { metadata, spec } = only(render('version', 'release', least), 'Deployment');
    expect(metadata).toMatchObject({ name: 'service-a-release-v1', namespace: 'coloring' });
    expect(spec.template.metadata.labels).toMatchObject({
      app: 'service-a',
      version: 'release-v1',
      'app.kubernetes.io/name': 'service-a',
      'app.kubernetes.io/version': 'release-v1',
    });
    expect(spec.selector.matchLabels).toEqual({ app: 'service-a', version: 'release-v1' });
  });

  test('the process learns its port, version and name', () => {
    const { spec } = only(
      render('version', 'release', { ...least, port: 9080, env: { A: 'b', N: 1 } }),
      'Deployment',
    );
    const [container] = spec.template.spec.containers;
    expect(container.env).toEqual([
      { name: 'PORT', value: '9080' },
      { name: 'PROJECT_VERSION', value: 'release-v1' },
      { name: 'SERVICE_NAME', value: 'service-a' },
      { name: 'A', value: 'b' },
      { name: 'N', value: '1' },
    ]);
    expect(container.ports).toEqual([{ name: 'http', containerPort: 9080 }]);
  });

  test('a version of digits stays a string', () => {
    const { spec } = only(render('version', 'release', { ...least, version: '20260101' }), 'Deployment');
    expect(spec.template.metadata.labels.version).toBe('20260101');
  });

  test('an image by tag, by digest, from a registry with a port', () => {
    for (const image of ['a/b:1', `registry.example.com:5000/a/b@sha256:${'0'.repeat(64)}`]) {
      const { spec } = only(render('version', 'release', { ...least, image }), 'Deployment');
      expect(spec.template.spec.containers[0].image).toBe(image);
    }
  });

  test('probes ask a path of another service, or only its port', () => {
    const probes = { startup: { path: '/up' }, readiness: { path: '' } };
    const { spec } = only(render('version', 'release', { ...least, probes }), 'Deployment');
    const [{ startupProbe, readinessProbe, livenessProbe }] = spec.template.spec.containers;
    expect(startupProbe.httpGet).toEqual({ path: '/up', port: 'http' });
    expect(readinessProbe).toMatchObject({ tcpSocket: { port: 'http' }, periodSeconds: 2 });
    expect(readinessProbe).not.toHaveProperty('httpGet');
    expect(livenessProbe.httpGet.path).toBe('/healthz');
  });

  test('the pod ends after the proxies have left it', () => {
    const { spec } = only(render('version', 'release', least), 'Deployment');
    const pod = spec.template.spec;
    const preStop = pod.containers[0].lifecycle.preStop.sleep.seconds;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(preStop + 25); // the services' own GRACE_PERIOD_MS
  });

  test('a budget for disruptions only where there are several replicas', () => {
    expect(kinds(least)).toEqual(['Deployment', 'ServiceAccount']);
    expect(kinds({ ...least, replicas: 2 })).toContain('PodDisruptionBudget');
  });

  test('what can be switched on', () => {
    const on = { enabled: true };
    expect(kinds({ ...least, autoscaling: on, networkPolicy: on, serviceMonitor: on })).toEqual([
      'Deployment',
      'HorizontalPodAutoscaler',
      'NetworkPolicy',
      'ServiceAccount',
      'ServiceMonitor',
    ]);
  });

  test('an autoscaler decides on the replicas, the Deployment does not', () => {
    const { spec } = only(
      render('version', 'release', { ...least, autoscaling: { enabled: true } }),
      'Deployment',
    );
    expect(spec).not.toHaveProperty('replicas');
  });

  test('no token for the API server', () => {
    const objects = render('version', 'release', least);
    expect(only(objects, 'ServiceAccount').automountServiceAccountToken).toBe(false);
    expect(only(objects, 'Deployment').spec.template.spec.automountServiceAccountToken).toBe(false);
  });

  test('a computer is a Job that is taken away once it has ended, with the pod that any version has', () => {
    const objects = render('version', 'release', { ...least, port: 9080, image: 'r/relay:1', local });
    expect(objects.map(({ kind }) => kind)).not.toContain('Deployment');
    const { metadata, spec } = only(objects, 'Job');
    const whose = {
      'coloring/local-by': 'ann@laptop',
      'coloring/local-since': '2026-11-26T19:00:00.000Z',
      'coloring/local-session': 'laptop/1',
    };
    expect(metadata.annotations).toEqual(whose);
    expect(only(objects, 'ServiceAccount').metadata.annotations).toEqual(whose);
    expect(spec).toMatchObject({ completions: 1, ttlSecondsAfterFinished: 0 });

    const deployed = only(
      render('version', 'release', { ...least, port: 9080, image: 'r/relay:1' }),
      'Deployment',
    );
    const [relay] = spec.template.spec.containers;
    const [app] = deployed.spec.template.spec.containers;
    const { labels, annotations } = deployed.spec.template.metadata;
    expect(spec.template.metadata).toEqual({ labels, annotations: { ...annotations, ...whose } });
    const { containers, restartPolicy, terminationGracePeriodSeconds, ...pod } = spec.template.spec;
    expect(deployed.spec.template.spec).toMatchObject(pod);
    expect(restartPolicy).toBe('OnFailure');
    expect(relay.securityContext).toEqual(app.securityContext);
    expect(relay.env).toEqual([
      ...app.env,
      { name: 'NODE_OPTIONS', value: '--max-old-space-size=24 --max-semi-space-size=1' },
      { name: 'RELAY_HEALTH_PORT', value: '15101' },
      { name: 'RELAY_PUBLIC_KEY', value: 'abc_-' },
      { name: 'RELAY_TTL_SECONDS', value: '60' },
    ]);
    expect(relay.ports).toEqual([...app.ports, { name: 'health', containerPort: 15101 }]);
    expect(relay.readinessProbe).toMatchObject({
      httpGet: { path: '/readyz', port: 'health' },
      periodSeconds: 1,
      failureThreshold: 1,
    });
    expect(relay).not.toHaveProperty('startupProbe');
    expect(relay.resources.limits.memory).toBe('64Mi');
  });

  test("the service's own probes, environment and resources are not the relay's", () => {
    const own = {
      probes: { readiness: { path: '/up' } },
      env: { A: 'b' },
      resources: { limits: { memory: '1Gi' } },
    };
    const { spec } = only(render('version', 'release', { ...least, ...own, local }), 'Job');
    const [relay] = spec.template.spec.containers;
    expect(relay.readinessProbe.httpGet.path).toBe('/readyz');
    expect(relay.env.map(({ name }: { name: string }) => name)).not.toContain('A');
    expect(relay.resources.limits.memory).toBe('64Mi');
  });

  test.each([
    ['no service', { version: 'v1' }, 'service is missing'],
    ['no version', { service: 'a' }, 'version is missing'],
    ['a version in capitals', { ...least, version: 'Release_V1' }, 'write release-v1'],
    ['a number for a version', { ...least, version: 1 }, "at '/version': got number, want string"],
    ['a name that is too long', { ...least, version: 'v'.repeat(50) }, 'may have 43 here'],
    ["the name of the routes' release", { ...least, version: 'routes' }, 'choose another name'],
    ['a port out of range', { ...least, port: 99999 }, "at '/port'"],
    ['a port for root', { ...least, port: 80 }, "at '/port'"],
    ['an unknown key', { ...least, replica: 2 }, "'replica' not allowed"],
    ['an unknown key below', { ...least, probes: { ready: { path: '/' } } }, "'ready' not allowed"],
    ['an image with a space', { ...least, image: 'a b' }, "at '/image'"],
    ['a label that selects', { ...least, labels: { version: 'x' } }, "invalid propertyName 'version'"],
    ['a computer of nobody', { ...least, local: { since: 'now' } }, "at '/local'"],
    ['a time that is none', { ...least, local: { ...local, since: 'now' } }, "at '/local/since'"],
    ['two pods for one computer', { ...least, local, replicas: 2 }, 'one computer is one pod'],
    [
      'a grace period shorter than preStop',
      { ...least, shutdown: { gracePeriodSeconds: 4 } },
      'must be longer than',
    ],
    [
      'less at most than at least',
      { ...least, autoscaling: { enabled: true, minReplicas: 5, maxReplicas: 2 } },
      'is more than autoscaling.maxReplicas',
    ],
  ])('refuses %s', (_, values, expected) => {
    expect(refusal('version', values)).toContain(expected);
  });
});
