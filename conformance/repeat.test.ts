import { describe, expect, it } from 'vitest';
import { isUnsteady, repeatDiffering } from './repeat.ts';

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
    expect(outcomes.map(isUnsteady)).toEqual([false]);
  });

  it('and is unsteady if it never does', async () => {
    const { outcomes, runs } = await repeated({ once: [['x']], same: [[]] });
    expect(runs).toEqual({ once: 4, same: 1 });
    expect(outcomes.map(isUnsteady)).toEqual([true, false]);
  });
});
