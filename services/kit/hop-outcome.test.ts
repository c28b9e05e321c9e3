import { describe, expect, it } from 'vitest';
import { hopOutcome } from './hop-outcome.ts';

describe('hopOutcome', () => {
  it.each([
    ['release-v1', 'release-v1', 'match'],
    ['release', 'release', 'match'],
    ['release-v1', 'release', 'fallback'],
    ['-', 'release', 'baseline'],
  ])('colour %s at version %s: %s', (color, version, outcome) => {
    expect(hopOutcome(color, version)).toBe(outcome);
  });
});
