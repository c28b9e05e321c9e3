import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { projectRoot } from './gitlab.ts';

const script = join(projectRoot, 'pipeline/version');

function version(branch: string): { version?: string; problem?: string } {
  const { status, stdout, stderr } = spawnSync(script, [branch], {
    env: { ...process.env, BASELINE: 'release' },
    encoding: 'utf8',
  });
  return status === 0 ? { version: stdout.replace(/\n$/, '') } : { problem: stderr };
}

/** CI_COMMIT_REF_SLUG, by GitLab's documentation. */
const slug = (branch: string) =>
  branch
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');

test.each([
  ['release', 'release'],
  ['release-v1', 'release-v1'],
  ['release-a_b', 'release-a-b'],
  ['release-a.b', 'release-a-b'],
  ['release-Login/Form', 'release-login-form'],
  ["release-it's, {so}", 'release-it-s---so'],
  [`release-${'x'.repeat(80)}`, `release-${'x'.repeat(32)}`],
  [`release-${'x'.repeat(31)}-y`, `release-${'x'.repeat(31)}`],
])('branch %s has version %s', (branch, expected) => {
  expect(version(branch)).toEqual({ version: expected });
});

test.each(['release-', 'release_', 'Release', 'release-_.'])(
  'branch %s would be the baseline: refused',
  (branch) => {
    expect(version(branch).problem).toContain(
      `"${branch}" shortens to "release", which belongs to branch "release"`,
    );
  },
);

test('a branch without a letter or digit is refused', () => {
  expect(version('._.').problem).toMatch(/no letter or digit/);
});

test('any branch: a DNS label that label, subset and Helm release allow, GitLab’s slug cut short, the same again', {
  timeout: 60_000,
}, () => {
  const branch = fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 90 })
    .map((rest) => `release-x${rest}`);
  fc.assert(
    fc.property(branch, (name) => {
      const { version: made } = version(name);
      expect(made).toMatch(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/);
      expect(made).toBe(slug(name).slice(0, 40).replace(/-+$/, ''));
      expect(`service-a-${made}`.length).toBeLessThanOrEqual(53);
      expect(version(made ?? '')).toEqual({ version: made });
    }),
    { numRuns: 60 },
  );
});

test('a character beyond ASCII becomes one dash, as in GitLab’s slug', () => {
  expect(version('release-grün')).toEqual({ version: 'release-gr-n' });
  expect(version('release-a漢字😀b')).toEqual({ version: 'release-a---b' });
});
