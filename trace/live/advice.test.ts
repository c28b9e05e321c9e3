import { expect, it } from 'vitest';
import { joinHops } from '../join.ts';
import { hop } from '../testing.ts';
import { notesOn } from './advice.ts';
import type { LiveAnswer } from './ask.ts';
import type { MeshView } from './mesh-view.ts';

const view = (on: boolean | undefined) =>
  ({ header: 'x-lane', log: { header: 'x-lane', on } }) as unknown as MeshView;
const trail = [
  { service: 'a', version: 'v1', color: 'v1' },
  { service: 'b', version: 'release', color: '-' },
];
const answered = { color: 'v1', answer: { status: 200, trail } } as unknown as LiveAnswer;

it('without any log: how to switch it on, and what the answers themselves tell', () => {
  const [advice = '', ...rest] = notesOn(view(false), [answered], { hops: [], hasColor: false, notes: [] });
  expect(advice).toMatch(
    /^no proxy has logged a request \(MeshConfig has no accessLogFile\): switch the access log on with\n/,
  );
  expect(advice).toContain('%REQ(X-LANE)%');
  expect(rest).toEqual(['the answer to v1 itself: 200, a/v1 got v1, b/release got -']);
});

it('one request that no log has', () => {
  const logs = { hops: [hop('a/v1 > b/v1', 'v1')], hasColor: true, notes: [] };
  expect(notesOn(view(true), [answered], logs)).toEqual([
    "no log has the request in colour v1: its gateway's cannot be read, or was rotated away",
    'the answer to v1 itself: 200, a/v1 got v1, b/release got -',
  ]);
});

it('clocks that differ, by both ends of a hop', () => {
  const late = (startedAt: number) => ({ served: { startedAt, durationMs: 5 } });
  const request = joinHops([
    hop('gateway > a/v1', 'v1', { startedAt: 10_000, ...late(10_001) }),
    hop('a/v1 > b/v1', 'v1', { startedAt: 10_002, ...late(40_000) }),
    hop('a/v1 > c/v1', 'v1', { startedAt: 10_002, ...late(3_000) }),
  ]);
  const logs = { hops: [...request.hops], hasColor: true, notes: [] };
  expect(notesOn(view(true), [{ ...answered, request }], logs)).toEqual([
    'the clocks of a/v1 and b/v1 differ by 30 s',
    'the clocks of a/v1 and c/v1 differ by -7 s',
  ]);
});
