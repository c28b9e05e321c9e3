/** What `npm run lesson` promises, with the real command. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const lesson = (...args: string[]): Promise<Outcome> =>
  promisify(execFile)(process.execPath, ['cli/coloring.mjs', 'lesson', ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Outcome) => error,
  );

it('lists the lessons and what they need', async () => {
  const { stdout } = await lesson();
  expect(stdout).toMatch(/^01-deploying-is-not-releasing +Deploying is not releasing/m);
  expect(stdout).toMatch(/^11-http-1\.0 .*\(needs nginx\)$/m);
});

it('checks one with a line for each expectation', async () => {
  const { code, stdout } = await lesson('21', '--check');
  expect(stdout).toContain('  ✓ client: GET api.outside.example/: status 502\n');
  expect(stdout).toContain('1 lessons on the local mesh: 0 not as they say');
  expect(code).toBe(0);
});

it('refuses one that is not there, and rules while no lesson is up', async () => {
  expect(await lesson('99')).toMatchObject({ code: 2, stderr: 'there is no lesson 99\n' });
  expect(await lesson('--apply', 'lessons/02-weights/rules.yaml')).toMatchObject({
    code: 2,
    stderr: 'No lesson is up: npm run lesson -- 01\n',
  });
});
