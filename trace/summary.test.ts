import { describe, expect, it } from 'vitest';
import { joinHops } from './join.ts';
import { findingWords, printSummary } from './print.ts';
import { isColorLoss, TraceSummary } from './summary.ts';
import { hop } from './testing.ts';

const header = 'project-version';

describe('a mesh of twelve services, three of which lose the colour', () => {
  const services = Array.from({ length: 12 }, (_, i) => `s${i + 1}`);
  const drops = new Set(['s3', 's7']);
  const changes = new Set(['s10']);

  /** Through all of them, each the caller of the next; what a service lost is lost for those behind it. */
  function request(id: number, color: string) {
    let carried: string | undefined = color;
    const hops = services.map((service, i) => {
      const before = services[i - 1];
      if (before && drops.has(before)) carried = undefined;
      if (before && changes.has(before)) carried = 'other';
      const times = { requestId: `r${id}`, startedAt: 1_000 + i, durationMs: 100 - 2 * i };
      return hop(`${before ? `${before}/release` : 'gateway'} > ${service}/release`, carried, times);
    });
    return joinHops(hops);
  }

  it('names the three and nobody else, each with a request as evidence', () => {
    const summary = new TraceSummary();
    for (let i = 0; i < 50; i++) summary.add(request(i, `lane-${i % 5}`));
    const findings = summary.findings();
    // What came to s7 had no colour any more: only where it does can it be seen.
    expect(findings.map(({ by, what, count }) => [by.service, what, count])).toEqual([
      ['s3', 'dropped', 50],
      ['s10', 'changed', 50],
    ]);
    expect(findings[0]?.evidence.request.hops).toHaveLength(12);
  });

  it('finds the one behind another by requests that come in there', () => {
    const summary = new TraceSummary();
    summary.add(request(1, 'v1'));
    const direct = { requestId: 'r2', startedAt: 1_001, durationMs: 5 };
    summary.add(
      joinHops([
        hop('gateway > s7/release', 'v1', { requestId: 'r2' }),
        hop('s7/release > s8/release', undefined, direct),
      ]),
    );
    expect(
      summary
        .findings()
        .map(({ by }) => by.service)
        .sort(),
    ).toEqual(['s10', 's3', 's7']);
  });
});

describe('an edge', () => {
  const through = (requestId: string, wentOut: string | undefined) =>
    joinHops([
      hop('gateway > a/v1', 'v1', { requestId }),
      hop('a/v1 > b/v1', wentOut, { requestId, startedAt: 1_001, durationMs: 5 }),
    ]);

  it('has the colours that went in and came out, and how many lost theirs', () => {
    const summary = new TraceSummary();
    for (const [id, out] of ['v1', 'v1', 'v2', undefined].entries()) summary.add(through(`r${id}`, out));
    expect(summary.edges().find(({ from }) => from === 'a/v1')).toEqual({
      from: 'a/v1',
      to: 'b/v1',
      requests: 4,
      judged: 4,
      lost: 2,
      cameIn: new Map([['v1', 4]]),
      wentOut: new Map([
        ['v1', 2],
        ['v2', 1],
        ['-', 1],
      ]),
    });
  });

  it('is what the last word on a request says', () => {
    const summary = new TraceSummary();
    const before = joinHops([hop('gateway > a/v1', 'v1')]);
    summary.add(before);
    summary.add(through('r1', undefined), before);
    expect(summary.requests).toBe(1);
    expect(summary.edges().map(({ requests }) => requests)).toEqual([1, 1]);
    summary.add(through('r1', 'v1'), through('r1', undefined));
    expect(summary.findings()).toEqual([]);
  });

  it('tells no more colours than can be read', () => {
    const summary = new TraceSummary();
    for (let i = 0; i < 100; i++) summary.add(joinHops([hop('gateway > a/v1', `c${i}`)]));
    expect(summary.edges()[0]?.wentOut.size).toBe(21);
    expect(summary.edges()[0]?.wentOut.get('…')).toBe(80);
  });
});

it('says it in a sentence, with the evidence', () => {
  const summary = new TraceSummary();
  const a = { service: 'api', version: 'v1', instance: 'api-7d' };
  const out = { from: a, startedAt: 1_001, durationMs: 5 };
  summary.add(joinHops([hop('gateway > api/v1', 'v1'), hop('api/v1 > b/v1', undefined, out)]));
  const [finding] = summary.findings();
  expect(finding && findingWords(finding, header)).toMatch(
    /^api\/v1 drops project-version: came in as v1, went out without \(pod api-7d, to b, \d\d:\d\d:\d\d\)$/,
  );
  expect(finding && isColorLoss(finding.what)).toBe(true);
});

it('without anything to judge it is not all right', () => {
  expect(printSummary(new TraceSummary(), header)).toContain('nothing to judge');
});
