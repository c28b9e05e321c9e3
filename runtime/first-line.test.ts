import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { firstLine } from './first-line.ts';

const portOf = (line: string) => /port (\d+)/.exec(line)?.[1];

function program(script: string) {
  const child = spawn(process.execPath, ['--eval', script]);
  return firstLine(child, child.stdout, portOf);
}

test('the first line that says it, whatever stands before', async () => {
  await expect(program('console.log("hello"); console.log("port 81"); console.log("port 82")')).resolves.toBe(
    '81',
  );
});

test('a program that ends before has its last words in the error', async () => {
  await expect(program('console.error("no such file"); process.exitCode = 1')).rejects.toThrow(
    /ended: no such file$/,
  );
});

test('a program that is not there is an error', async () => {
  const child = spawn('/no/such/program');
  await expect(firstLine(child, child.stdout, portOf)).rejects.toMatchObject({ code: 'ENOENT' });
});
