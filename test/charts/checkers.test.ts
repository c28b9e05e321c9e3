/** What other tools say of the charts; each where it is installed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Chart, has, hasHelm, helm, template } from './tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'charts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const on = { enabled: true };
const version = { service: 'service-a', version: 'release-v1', replicas: 2 };
const routes = { service: 'service-a', entry: true, versions: ['release', 'release-v1'] };
const cases = [
  ['version', 'least', { service: 'service-a', version: 'release-v1' }],
  ['version', 'everything', { ...version, networkPolicy: on, serviceMonitor: on, autoscaling: on }],
  ['routes', 'an entry', routes],
  ['routes', 'weights', { ...routes, weights: { release: 90, 'release-v1': 10 }, timeout: '10s' }],
  ['lane', 'an entry', { ...version, entry: true }],
  ['routes', 'no fallback', { ...routes, fallback: false, mesh: false }],
] as const;

function file(chart: Chart, values: object): string {
  const path = join(folder, `${chart}-${Math.random()}.yaml`);
  writeFileSync(path, template(chart, 'checked', values));
  return path;
}

/** Runs it; the error carries what it said. */
function run(tool: string, ...args: readonly string[]): string {
  try {
    return execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${tool} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

describe.skipIf(!hasHelm)('helm lint', () => {
  test.each([
    ['version', 'service=service-a,version=release-v1'],
    ['routes', 'service=service-a,versions={release}'],
    ['lane', 'service=service-a,version=release-v1'],
  ])('charts/%s', (chart, values) => {
    expect(helm(['lint', '--strict', `charts/${chart}`, '--set', values])).toContain('0 chart(s) failed');
  });
});

const hasIstioctl = hasHelm && has('istioctl', 'version', '--remote=false');

const validate = (path: string) => run('istioctl', 'validate', '--filename', path);

const analyze = (path: string) =>
  run(
    'istioctl',
    ...['analyze', '--use-kube=false', '--all-namespaces', '--failure-threshold', 'Warning'],
    ...['--suppress', 'IST0133=*', path], // "EnvoyFilter exposes internal implementation details": known
  );

describe.skipIf(!hasIstioctl)('istioctl', () => {
  const rules = cases.filter(([chart]) => chart === 'routes');

  test.each(rules)('validate: %s, %s', (chart, _, values) => {
    validate(file(chart, values));
  });

  test.each(rules)('analyze: %s, %s', (chart, _, values) => {
    analyze(file(chart, values));
  });

  test('they would say so if something were wrong', () => {
    const broken = join(folder, 'broken.yaml');
    writeFileSync(broken, readFileSync(file('routes', routes), 'utf8').replaceAll('match:', 'mtch:'));
    expect(() => validate(broken)).toThrow(/mtch/);
    const dangling = join(folder, 'dangling.yaml');
    writeFileSync(
      dangling,
      readFileSync(file('routes', routes), 'utf8').replaceAll('gateways: ["', 'gateways: ["no-'),
    );
    expect(() => analyze(dangling)).toThrow(/no-coloring/);
  });
});

// Its schemas come from the network, or from KUBECONFORM_SCHEMAS (a -schema-location).
const schemas = process.env.KUBECONFORM_SCHEMAS;
const location = schemas ? ['-schema-location', schemas] : [];
const probe = join(folder, 'probe.yaml');
writeFileSync(probe, '{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}');
const hasKubeconform = hasHelm && has('kubeconform', '-v') && has('kubeconform', ...location, probe);

describe.skipIf(!hasKubeconform)('kubeconform (with its schemas)', () => {
  test.each(cases)('%s, %s', (chart, _, values) => {
    run('kubeconform', '-strict', '-ignore-missing-schemas', ...location, file(chart, values));
  });
});
