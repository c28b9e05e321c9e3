import { describe, expect, it } from 'vitest';
import { renderLanes } from './lane-table.ts';
import { parseLanes } from './lanes.ts';
import { offence, tellingColors } from './law.ts';
import type { Answer, Hop } from './trail.ts';

const lanes = parseLanes(`
services:
  service-a: { port: 31000, calls: service-b, versions: [release, release-v10, release-v2] }
  service-b: { port: 32000, versions: [release, { name: release-v2, ready: false }, release-v3] }
`);

/** An answer with this trail: `service-a/release(release-v3) …`. */
function answered(...hops: string[]): Answer {
  const trail = hops.map((hop): Hop => {
    const [, service = '', version = '', color = ''] = /^(.*)\/(.*)\((.*)\)$/.exec(hop) ?? [];
    return { service, version, color };
  });
  return { status: 200, trail, body: '' };
}

it('asks in every colour, without one, and in one that nobody deploys', () => {
  expect(tellingColors(lanes)).toEqual([undefined, 'release-v2', 'release-v3', 'release-v10', 'release-v9']);
  const all = parseLanes('services:\n  a: { port: 1, versions: [release, release-v9] }');
  expect(tellingColors(all)).toEqual([undefined, 'release-v9', 'release-v99']);
});

describe('offence', () => {
  it.each([
    [undefined, answered('service-a/release(-)', 'service-b/release(-)')],
    ['release-v2', answered('service-a/release-v2(release-v2)', 'service-b/release(release-v2)')],
    ['release-v3', answered('service-a/release(release-v3)', 'service-b/release-v3(release-v3)')],
    ['No_Color', answered('service-a/release(-)', 'service-b/release(-)')],
  ])('has nothing against colour %s where it belongs', (color, answer) => {
    expect(offence(lanes, color, answer)).toBeUndefined();
  });

  it.each([
    [
      answered('service-a/release-v2(release-v3)', 'service-b/release-v3(release-v3)'),
      'service-a answered as release-v2, by the law it is release',
    ],
    [
      answered('service-a/release(release-v3)', 'service-b/release(release-v3)'),
      'service-b answered as release, by the law it is release-v3',
    ],
    [
      answered('service-a/release(release-v3)', 'service-b/release-v3(-)'),
      'colour - arrived at service-b, not release-v3: service-a/release did not carry it on',
    ],
    [answered('service-a/release(release-v3)'), 'service-b did not answer: 200 '],
    [
      answered('service-b/release-v3(release-v3)'),
      'service-b answered, which lanes.yaml does not know as an entry',
    ],
    [{ status: 503, body: 'no healthy upstream' }, '503: no healthy upstream'],
    [{ status: 0, body: 'connect ECONNREFUSED' }, 'no answer: connect ECONNREFUSED'],
  ])('%#: says what is wrong with colour release-v3', (answer, wrong) => {
    expect(offence(lanes, 'release-v3', answer)).toBe(wrong);
  });
});

it('shows each hop, the fallbacks, and what is against the law', () => {
  const rows = [
    ['release-v3', answered('service-a/release(release-v3)', 'service-b/release-v3(release-v3)')],
    ['release-v2', { status: 503, body: 'no healthy upstream' }],
  ] as const;
  const table = renderLanes(
    lanes,
    rows.map(([color, answer]) => ({ color, answer, offence: offence(lanes, color, answer) })),
  );
  expect(table.split('\n')).toEqual([
    '     project-version  service-a  service-b',
    '  ✓  release-v3       release ↩  release-v3',
    '  ✗  release-v2       ·          ·           503: no healthy upstream',
    '',
    '  ↩ has no such version: its baseline serves the request and passes the colour on',
  ]);
});
