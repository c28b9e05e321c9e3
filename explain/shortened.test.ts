import { expect, it } from 'vitest';
import type { Candidate } from '../mesh/routing/explain.ts';
import { shortened } from './shortened.ts';

const routes = (name: string, count: number, matched = false): Candidate[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `${name}/${i}`,
    rule: { name: `VirtualService n/${name}`, place: { file: `${name}.yaml`, line: 10 + i } },
    matched: matched && i === count - 1,
    ...(!(matched && i === count - 1) && { reason: 'no' }),
  }));

const names = (candidates: Candidate[]) => candidates.map(({ name }) => name);

it('a rule of many routes that took no part is one line', () => {
  const [line, ...rest] = shortened([...routes('links', 9), ...routes('a', 3, true)], ' (--json)');
  expect(line).toEqual({
    name: 'VirtualService n/links',
    rule: { name: 'VirtualService n/links', place: { file: 'links.yaml', line: 10 } },
    matched: false,
    reason: 'none of its 9 routes takes this request (--json)',
  });
  expect(names(rest)).toEqual(['a/0', 'a/1', 'a/2']);
});

it.each([
  ['the one that decides', routes('links', 9, true)],
  ['one of few routes', [...routes('links', 3), ...routes('a', 3, true)]],
  ["Istio's own routes", [{ name: 'allow_any', matched: true }]],
])('%s is not', (_, candidates) => {
  expect(shortened(candidates)).toEqual(candidates);
});
