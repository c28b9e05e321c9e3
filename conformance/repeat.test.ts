import { describe, expect, it } from 'vitest';
import { repeatDiffering, unsteadyAllowed, weigh } from './repeat.ts';

/** Runs each by a list of what it shows, run by run. */
async function repeated(shows: Readonly<Record<string, readonly string[][]>>) {
  const runs = new Map<string, number>();
  const show = (name: string) => {
    const run = runs.get(name) ?? 0;
    runs.set(name, run + 1);
    return shows[name]?.[run] ?? [];
  };
  const firsts = Object.keys(shows).map((one) => ({ one, problems: show(one) }));
  const outcomes = await repeatDiffering(firsts, async (some) => some.map(show));
  return { outcomes, runs: Object.fromEntries(runs) };
}

describe('what differs is run again', () => {
  it('but not what agreed', async () => {
    const { outcomes, runs } = await repeated({ same: [[]], other: [['x'], ['x']] });
    expect(runs).toEqual({ same: 1, other: 2 });
    expect(outcomes.map(({ again }) => again)).toEqual([[], ['x']]);
  });

  it('and counts if it differs once more, in whichever repeat', async () => {
    const { outcomes } = await repeated({ sometimes: [['x'], [], [], ['y']] });
    expect(outcomes).toMatchObject([{ first: ['x'], again: ['y'] }]);
    expect(weigh(outcomes)).toMatchObject({ differing: [{ one: 'sometimes' }], unsteady: [], count: 1 });
  });

  it('and is unsteady if it never does', async () => {
    const { outcomes, runs } = await repeated({ once: [['x']], same: [[]] });
    expect(runs).toEqual({ once: 4, same: 1 });
    expect(weigh(outcomes)).toMatchObject({ differing: [], unsteady: [{ one: 'once' }], count: 0 });
  });

  it('and what is unsteady counts where there is much of it', () => {
    const once = { one: 'once', first: ['x'], again: [] };
    const several = Array.from({ length: unsteadyAllowed + 1 }, () => once);
    expect(weigh(several.slice(1))).toMatchObject({ isUnsteady: false, count: 0 });
    expect(weigh([...several, { ...once, again: ['x'] }])).toMatchObject({
      isUnsteady: true,
      count: unsteadyAllowed + 2,
    });
  });
});
