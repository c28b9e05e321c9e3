import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { projectRoot } from './gitlab.ts';

const script = join(projectRoot, 'pipeline/version');

async function version(branch: string): Promise<{ version?: string; problem?: string }> {
  const { exitCode, stdout, stderr } = await execa(script, [branch], {
    reject: false,
    env: { BASELINE: 'release' },
  });
  return exitCode === 0 ? { version: stdout } : { problem: stderr };
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
])('branch %s has version %s', async (branch, expected) => {
  expect(await version(branch)).toEqual({ version: expected });
});

test.each(['release-', 'release_', 'Release', 'release-_.'])(
  'branch %s would be the baseline: refused',
  async (branch) => {
    expect((await version(branch)).problem).toContain(
      `"${branch}" shortens to "release", which belongs to branch "release"`,
    );
  },
);

test('a branch without a letter or digit is refused', async () => {
  expect((await version('._.')).problem).toMatch(/no letter or digit/);
});

test('any branch: a DNS label that label, subset and Helm release allow, GitLab’s slug cut short, the same again', async () => {
  const branch = fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 90 })
    .map((rest) => `release-x${rest}`);
  await fc.assert(
    fc.asyncProperty(branch, async (name) => {
      const { version: made } = await version(name);
      expect(made).toMatch(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/);
      expect(made).toBe(slug(name).slice(0, 40).replace(/-+$/, ''));
      expect(`service-a-${made}`.length).toBeLessThanOrEqual(53);
      expect(await version(made ?? '')).toEqual({ version: made });
    }),
    { numRuns: 60 },
  );
});

test('bytes beyond ASCII become dashes', async () => {
  expect((await version('release-grün')).version).toMatch(/^release-gr-+n$/);
});
