import { execFile } from 'node:child_process';
import { glob, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** Runs the launcher as if Node had this version. */
function launchAs(version: string) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  return run(process.execPath, [
    '--import',
    `data:text/javascript,${pretend}`,
    'cli/coloring.mjs',
    'node-version',
  ]);
}

it.each(['20.20.2', '22.17.1', '23.5.0'])('on Node %s it says what to do', async (version) => {
  await expect(launchAs(version)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      new RegExp(`^This is Node ${version}, .*npm ci --ignore-scripts=false.*\\n$`),
    ),
  });
});

it.each(['22.18.0', '23.6.0', '24.0.0', '26.1.0'])('on Node %s it runs', async (version) => {
  expect(await launchAs(version)).toEqual({ stdout: '', stderr: '' });
});

it('on Windows it names WSL', async () => {
  const pretend = `Object.defineProperty(process, 'platform', { value: 'win32' })`;
  const args = ['--import', `data:text/javascript,${pretend}`, 'cli/coloring.mjs', 'node-version'];
  await expect(run(process.execPath, args)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^On Windows this runs inside WSL/),
  });
});

it('nothing that a command loads has syntax of a newer Node than the oldest that it takes', async () => {
  const tests = /\.test\.ts$|(^|\/)(node_modules|testing|test|bench)\//;
  const programs: string[] = [];
  for await (const file of glob('**/*.{ts,mjs}', { exclude: (name) => name === 'node_modules' }))
    if (!tests.test(file)) programs.push(file);
  expect(programs.length).toBeGreaterThan(200);
  const texts = await Promise.all(programs.map((file) => readFile(file, 'utf8')));
  // Node 22 has V8 12.4, and strips types only: explicit resource management is of Node 24.
  expect(programs.filter((_, i) => /^\s*(await )?using \w+ =/m.test(texts[i] ?? ''))).toEqual([]);
});

it("where npm ran no install script, the machine's own Node runs it", async () => {
  const bin = await mkdtemp(join(tmpdir(), 'bin-'));
  // What npm leaves then: a link to a program that was never brought in.
  await symlink('../node/bin/node', join(bin, 'node'));
  const env = { PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin` };
  const { stdout } = await run('sh', ['-c', 'node cli/coloring.mjs --help'], { env });
  expect(stdout).toContain('start [options]');
  await rm(bin, { recursive: true });
});
