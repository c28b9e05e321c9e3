import { expect, test } from 'vitest';
import schema from '../charts/version/values.schema.json' with { type: 'json' };
import { hostile } from '../test/hostile.ts';
import {
  imageForm,
  parseClusterName,
  parseCrds,
  parseImage,
  parsePods,
  parsePort,
  parseRegistry,
  parseRelease,
} from './option-values.ts';
import { type Source, sources } from './sources.ts';

test('an image is what charts/version takes for one', () => {
  expect(schema.properties.image.pattern).toBe(`^$|${imageForm.source.replaceAll('\\/', '/')}`);
});

test('the images of the table are images', () => {
  const { istioCharts, istioChartsOci, istioImages, gatewayApi, checkout, argoCd, flux, ...images } = sources;
  for (const { at } of Object.values(images) as Source[]) expect(parseImage(at)).toBe(at);
  expect(parseCrds(gatewayApi.at)).toBe(gatewayApi.at);
  expect(parseRegistry(istioImages.at)).toBe(istioImages.at);
  expect(parseRelease(istioCharts.version)).toBe(istioChartsOci.version);
});

test.each([
  ['a cluster', parseClusterName, ['coloring', 'a.b-1']],
  ['an image', parseImage, ['a', 'localhost:5000/a/b:1', `r.test/a@sha256:${'0'.repeat(64)}`]],
  ['a registry', parseRegistry, ['ghcr.io', 'localhost:5000', 'r.example.com/team/x']],
  ['a release', parseRelease, ['1.31.1', '1.32.0-beta.0']],
] as const)('%s is taken as it is', (_, parse, texts) => {
  for (const text of texts) expect(parse(text)).toBe(text);
});

test.each([
  ['a cluster', parseClusterName],
  ['an image', parseImage],
  ['a registry', parseRegistry],
  ['a release', parseRelease],
])('%s is never an option, a path, or what a shell, YAML or Helm could take apart', (_, parse) => {
  for (const text of [...hostile, '', 'https://r.test', 'A', 'a/../b:']) {
    const taken = attempt(() => parse(text));
    if (taken !== undefined) expect(taken, text).toMatch(/^[a-z0-9][a-z0-9.:/@_-]*$/);
  }
});

test.each([
  [parsePods, '3', 3],
  [parsePods, '0', undefined],
  [parsePods, 'x', undefined],
  [parsePods, '1e3', undefined],
  [parsePods, '100000000', undefined],
  [parsePort, '65535', 65535],
  [parsePort, '65536', undefined],
  [parsePort, '-1', undefined],
  [parsePort, ' 80', undefined],
])('%o of %j: %j', (parse, text, expected) => {
  expect(attempt(() => parse(text))).toBe(expected);
});

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
