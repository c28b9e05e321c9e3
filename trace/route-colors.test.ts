import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { hopOf } from './log-hop.ts';
import { routeColors } from './route-colors.ts';

async function specsOf(...files: string[]): Promise<unknown[]> {
  const texts = await Promise.all(files.map((file) => readFile(`istio/${file}`, 'utf8')));
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()?.spec));
}

it('takes the colour that the gateway logs for what was asked, links or not', async () => {
  const colors = routeColors(await specsOf('service-a.yaml', 'links.yaml'), 'project-version');
  const line = { startTime: '2026-11-27T20:00:00.000Z', route: 'service-a/release', color: 'release-v3' };
  const directory = { at: () => undefined, route: (name: string) => colors.get(name) };
  const hop = hopOf(line, { service: 'gateway' }, directory);
  expect(hop?.seen).toEqual({ in: { color: 'release-v3' }, out: { color: 'release-v3' } });
});

it('knows a route that gives a colour where all of its name do', () => {
  const sets = (value: string) => ({
    http: [{ name: 'r', headers: { request: { set: { color: value } } }, route: [] }],
  });
  expect(routeColors([sets('v1'), sets('v2')], 'color').get('r')).toEqual({ sets: true });
});
