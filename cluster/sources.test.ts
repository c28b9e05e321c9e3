/** Pages, Dockerfiles and the pipeline are held against the table of sources: they cannot take it in. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runHere } from '../cli/testing/run-here.ts';
import { istioRunsOn, renderSources, type Source, sources } from './sources.ts';
import { neededFor, type ToolName, tools } from './tools.ts';

const root = new URL('../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');
const guide = read('istio/install/README.md');
const all = Object.entries(sources) as [string, Source][];

/** All text of the project that says where something comes from. Tests invent sources of their own. */
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file && !/(^|\/)(test|testing|conformance)\/|\.test\.ts$|^package-lock\.json$/.test(file))
  // A link stands for a folder whose files are in the list by themselves.
  .filter((file) => !lstatSync(new URL(file, root)).isSymbolicLink())
  // The table itself, and what a workplace without any registry puts in the place of one.
  .filter((file) => file !== 'cluster/sources.ts' && file !== '.ci/run');

describe('each source', () => {
  test.each(all)('%s is named by those that use it', async (_, { at, usedBy, instead }) => {
    for (const user of usedBy) {
      if (files.includes(user)) {
        expect(read(user), user).toContain(at);
      } else {
        const { exitCode, stdout } = await runHere([...user.split(' '), '--help']);
        const words = stdout.replaceAll(/\s+/g, ' ');
        expect([exitCode, words]).toEqual([0, expect.stringContaining(`env: ${instead?.variable}`)]);
      }
    }
  });

  test.each(all)('%s has a page, the date of looking, and one version', (_, source) => {
    expect(source.page).toMatch(/^https:\/\//);
    expect(source.lookedUp).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(`${source.at} ${source.version}`).toMatch(/[:v]\d+| \d+\.\d+\.\d+/);
  });

  test.each(all.filter(([, { instead }]) => instead))(
    '%s can be replaced, as the guide says',
    (_, source) => {
      const { option, variable } = source.instead as { option: string; variable: string };
      expect(guide).toContain(`| \`${variable}\` | \`${option}\` |`);
    },
  );
});

test("the guide's table is this one", () => {
  const [table] = guide.slice(guide.indexOf('| what | from')).split('\n\n');
  expect(table).toBe(renderSources());
});

test('the node has a Kubernetes that this Istio supports, and the guide says which', () => {
  const minor = Number(/:v1\.(\d+)\./.exec(sources.kubernetes.at)?.[1]);
  expect(minor).toBeGreaterThanOrEqual(istioRunsOn.from);
  expect(minor).toBeLessThanOrEqual(istioRunsOn.to);
  expect(guide).toContain(`supports Kubernetes 1.${istioRunsOn.from} to 1.${istioRunsOn.to}`);
  expect(sources.kubernetes.at).toMatch(/@sha256:[0-9a-f]{64}$/);
});

test('the guide asks for the tools that the commands ask for', () => {
  const needs = neededFor(sources.kubernetes.at);
  for (const name of ['kind', 'kubectl', 'helm'] satisfies ToolName[]) {
    const { atLeast } = { ...tools[name], ...needs[name] };
    expect(guide).toMatch(new RegExp(`\\[${name}\\]\\([^)]*\\)\\s${atLeast.replace('.', '\\.')}\\b`, 'i'));
  }
});

/** What looks like an outside source, and is none of the table. */
const places = [
  /(?<![\w./-])(?:node|golang|python|docker|nginx|alpine\/k8s|kindest\/node|prom\/prometheus):v?\d[\w.-]*(?:@sha256:[0-9a-f]*)?/g,
  /(?:https?|oci):\/\/[\w./-]*istio[\w.-]*\/[\w./-]*charts/g,
  /[\w.-]*storage\.googleapis\.com|(?<!\w)gcr\.io\/istio[\w-]*|registry\.istio\.io/g,
];
const known = new Set(all.map(([, { at }]) => at));

test('no file names another place or version', () => {
  const others = files.flatMap((file) => {
    const text = read(file);
    const found = places.flatMap((pattern) => text.match(pattern) ?? []).filter((at) => !known.has(at));
    const releases = text
      .split('\n')
      .filter((line) => !/20\d\d-\d\d-\d\d/.test(line)) // what was measured then
      .flatMap((line) => line.match(/\b1\.31\.\d+\b/g) ?? [])
      .filter((release) => release !== sources.istioCharts.version);
    return [...found, ...releases].map((at) => `${file}: ${at}`);
  });
  expect(others).toEqual([]);
});

test.each([
  ['node:24-bookworm-slim', 'node:24-bookworm-slim'],
  ['image: docker:28-dind # x', 'docker:28-dind'],
  ['kindest/node:v1.34.0@sha256:00ab', 'kindest/node:v1.34.0@sha256:00ab'],
  ['--repo https://istio-release.storage.googleapis.com/charts', 'istio-release.storage.googleapis.com'],
  ['oci://ghcr.io/istio/charts', 'oci://ghcr.io/istio/charts'],
  ["from 'node:fs'", undefined],
])('in %j the place %j is seen', (text, place) => {
  const seen = places.flatMap((pattern) => text.match(pattern) ?? []);
  if (place) expect(seen).toContain(place);
  else expect(seen).toEqual([]);
});
