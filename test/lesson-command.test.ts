/** What `npm run lesson` promises. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { runHere } from '../cli/testing/run-here.ts';

it('lists the lessons and what they need', async () => {
  const { exitCode, stdout } = await runHere(['lesson']);
  expect(stdout).toMatch(/^01-deploying-is-not-releasing +Deploying is not releasing/m);
  expect(stdout).toMatch(/^11-http-1\.0 .*\(needs nginx\)$/m);
  expect(exitCode).toBe(0);
});

it('checks one with a line for each expectation', async () => {
  // With the real command, whose exit code is 0 or this rejects.
  const { stdout } = await promisify(execFile)(process.execPath, [
    'cli/coloring.mjs',
    'lesson',
    '21',
    '--check',
  ]);
  expect(stdout).toContain('  ✓ client: GET api.outside.example/: status 502\n');
  expect(stdout).toContain('1 lessons on the local mesh: 0 not as they say');
});

it('refuses one that is not there, and rules while no lesson is up', async () => {
  expect(await runHere(['lesson', '99'])).toMatchObject({ exitCode: 2, stderr: 'there is no lesson 99\n' });
  expect(await runHere(['lesson', '--apply', 'lessons/02-weights/rules.yaml'])).toMatchObject({
    exitCode: 2,
    stderr: 'No lesson is up: npm run lesson -- 01\n',
  });
});
