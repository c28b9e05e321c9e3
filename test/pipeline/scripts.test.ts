import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { projectRoot } from './gitlab.ts';

const folder = join(projectRoot, 'pipeline');
const scripts = readdirSync(folder)
  .filter((name) => name !== 'README.md')
  .map((name) => join(folder, name));
const shellcheck = execaSync('shellcheck', ['--version'], { reject: false }).exitCode === 0;

describe.each(scripts)('%s', (script) => {
  const text = readFileSync(script, 'utf8');

  test('is a POSIX shell script that stops at the first error', () => {
    expect(text).toMatch(/^#!\/bin\/sh\n/);
    expect(statSync(script).mode & 0o111).toBe(0o111);
    expect(execaSync('sh', ['-n', script], { reject: false }).stderr).toBe('');
    if (!script.endsWith('/diagnose')) expect(text).toMatch(/^set -eu$/m); // which shows what it can
  });

  test('does not trace what it runs: a trace has the values of secrets', () => {
    expect(text).not.toMatch(/set -[a-z]*x|-o xtrace|CI_DEBUG_TRACE/);
  });

  test('gives no secret as an argument: those are in the list of processes', () => {
    const words = text
      .split('\n')
      .filter(
        (line) => /PASSWORD|TOKEN/.test(line) && !/printf|^\s*#|handed=|\[ -n|PROOF_SECONDS/.test(line),
      );
    expect(words).toEqual([]);
  });
});

test('pipeline/proxy waits for each state that charts/routes knows', () => {
  const schema = JSON.parse(readFileSync(join(projectRoot, 'charts/routes/values.schema.json'), 'utf8'));
  const states = schema.properties.states.additionalProperties.enum.filter(Boolean);
  const waited = readFileSync(join(folder, 'proxy'), 'utf8').match(/^ {4}\w+(?=\)$)/gm) ?? [];
  expect(waited.map((word) => word.trim())).toEqual(states);
});

test.skipIf(!shellcheck)(
  `shellcheck finds nothing${shellcheck ? '' : ' (skipped: no shellcheck on this machine)'}`,
  () => {
    expect(execaSync('shellcheck', ['--shell', 'sh', ...scripts], { reject: false }).stdout).toBe('');
    const run = join(projectRoot, '.ci/run');
    expect(execaSync('shellcheck', [run], { reject: false }).stdout).toBe('');
  },
);
