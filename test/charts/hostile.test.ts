/** What goes from a name or an option into the charts arrives as it is, or is refused: never as something else. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { valueFlags } from '../../cluster/helm-values.ts';
import { nameProblem } from '../../cluster/release-names.ts';
import { hostile } from '../hostile.ts';
import { hasHelm, helm, type KubernetesObject, parseObjects, refusal, render } from './tools.ts';

const on = { enabled: true };

/** Values with this text wherever a chart takes any text. */
const everywhere = {
  version: (text: string) => ({
    ...{ service: 'a', version: 'v1', branch: text, imagePullSecrets: [text], autoscaling: on },
    ...{
      env: { A: text },
      labels: { a: text },
      annotations: { a: text },
      resources: { limits: { cpu: text } },
    },
    probes: { startup: { path: `/${text}` } },
    networkPolicy: { ...on, gatewayNamespace: text },
    serviceMonitor: { ...on, labels: { a: text } },
  }),
  routes: (text: string) => ({
    ...{ service: 'a', entry: true, versions: ['release', 'v1'], hosts: [text], retries: { retryOn: text } },
    ...{ loadBalancer: { simple: text }, gateway: { name: text, namespace: text, selector: { a: text } } },
  }),
  lane: (text: string) => ({
    ...{ version: 'v1', services: [{ service: 'a', entry: true, env: { A: text }, hosts: [text] }] },
    gateway: { name: text, className: text, annotations: { a: text }, pods: { selector: { a: text } } },
    drain: { command: [text] },
  }),
};

/** The same as what was rendered, with every occurrence of the text replaced. */
function marked(objects: readonly KubernetesObject[], text: string): unknown {
  const mark = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll(text, '*');
    if (Array.isArray(value)) return value.map(mark);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, mark(child)]));
  };
  return mark(objects);
}

/** The text of the one field that the flag tests look at. */
function deployment(flags: readonly string[]): KubernetesObject {
  const objects = parseObjects(helm(['template', 'x', 'charts/version', ...flags]));
  return objects.find(({ kind }) => kind === 'Deployment') as KubernetesObject;
}

describe.skipIf(!hasHelm)('charts (need helm)', () => {
  test.each(['version', 'routes', 'lane'] as const)(
    'charts/%s: any text stays that text',
    (chart) => {
      const plain = 'qqq';
      const expected = marked(render(chart, 'hostile', everywhere[chart](plain)), plain);
      const sharp = [
        'null',
        '123456',
        '2026-01-01',
        'a: b, c',
        '{"k":1}',
        "it's",
        'a"b',
        'a\\b',
        '- a',
        'a #b',
        'a\nb',
      ];
      for (const text of sharp) {
        const objects = render(chart, 'hostile', everywhere[chart](text));
        expect(marked(objects, text), text).toEqual(expected);
      }
    },
    30_000,
  );

  test.each([
    ['version', { service: 'a', version: 'v1', image: 'a b' }, "at '/image'"],
    ['version', { service: 'a', version: 'v1', image: '-x' }, "at '/image'"],
    ['version', { service: 'a', version: 'v1', test: { image: 'a, b' } }, "at '/test/image'"],
    ['version', { service: 'a', version: 'v1', env: { 'A B': 'x' } }, "propertyName 'A B'"],
    ['version', { service: 'a', version: 'v1\nkind: Pod' }, 'is not a DNS-1123 label'],
    ['lane', { service: 'a', version: 'v1', header: 'x: y' }, "at '/header'"],
    ['lane', { service: 'a', version: 'v1', gateway: { namespace: 'a, b' } }, "at '/gateway/namespace'"],
    ['routes', { service: 'a', versions: ['release'], header: 'x: y' }, "at '/header'"],
    ['routes', { service: 'a', versions: ['release'], timeout: '5s\nx: y' }, "at '/timeout'"],
    ['routes', { service: 'a', versions: ['release'], prefix: 'a, b' }, "at '/prefix'"],
    ['routes', { service: 'a', baseline: 'a: b', versions: ['a: b'] }, 'is not a DNS-1123 label'],
  ] as const)('charts/%s refuses %j', (chart, values, words) => {
    expect(refusal(chart, values)).toContain(words);
  });

  test('--env: each value arrives as it is', () => {
    const env = Object.fromEntries(hostile.map((text, i) => [`A${i}`, text]));
    const { spec } = deployment(valueFlags({ service: 'a', version: 'v1', port: 31000, env }));
    const given = spec.template.spec.containers[0].env as { name: string; value: string }[];
    for (const [name, value] of Object.entries(env)) expect(given).toContainEqual({ name, value });
  });

  test('text given by flag arrives as it is', () => {
    const texts = Object.fromEntries(hostile.map((text, i) => [`annotations.k${i}`, text]));
    const { spec } = deployment(valueFlags({ service: 'a', version: 'v1', ...texts }));
    for (const [i, text] of hostile.entries()) {
      expect(spec.template.metadata.annotations).toHaveProperty(`k${i}`, text);
    }
  });

  test.each(['true', 'null', '1e3', '2026-01-01'])(
    'a service, a version and a namespace may be called %s',
    (name) => {
      const of = (chart: string, values: object) =>
        parseObjects(
          helm([
            'template',
            'x',
            `charts/${chart}`,
            ...valueFlags({ service: name, ...values }),
            '--namespace',
            name,
          ]),
        );
      const routes = of('routes', { versions: ['release', name] });
      for (const { metadata } of [...of('version', { version: name }), ...routes]) {
        expect([typeof metadata.name, metadata.namespace]).toEqual(['string', name]);
      }
      const service = routes.find(({ kind }) => kind === 'Service');
      expect(service).toMatchObject({ metadata: { name }, spec: { selector: { app: name } } });
    },
  );
});

describe.skipIf(!hasHelm)('names of versions (need helm)', () => {
  const names = [
    'v1',
    '20260101',
    'v'.repeat(43),
    'v'.repeat(44),
    'v'.repeat(64),
    'routes',
    'A',
    'a_b',
    '-',
    'a-',
    '',
  ];

  test.each(names)('%j: the command and the chart agree', (version) => {
    const said = refusal('version', { service: 'service-b', version });
    expect(nameProblem('service-b', version) === undefined, said).toBe(said === '');
  });
});

describe.skipIf(!hasHelm)('helm lint without values (needs helm)', () => {
  test.each(['version', 'routes', 'lane'])('charts/%s says what is missing', (chart) => {
    // What a template complains of goes to standard error, what lint itself finds to standard output.
    const { stdout, stderr } = spawnSync('helm', ['lint', `charts/${chart}`], { encoding: 'utf8' });
    const said = stdout + stderr;
    expect(said).toContain('service is missing: --set service=NAME');
    expect(said).not.toMatch(/YAML/);
  });
});
