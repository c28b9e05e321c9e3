import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeSystemError } from './system-error.ts';

const caught = (promise: Promise<unknown>) => promise.then(() => undefined, describeSystemError);

it('names the file and the way out', async () => {
  expect(await caught(readFile('/nowhere/at/all'))).toBe(
    '/nowhere/at/all: there is no such file or folder (ENOENT)',
  );
  const folder = await mkdtemp(join(tmpdir(), 'system-error-'));
  await writeFile(join(folder, 'file'), '');
  expect(await caught(readFile(join(folder, 'file', 'x')))).toMatch(/file\/x: a part of this path is a file/);
  await rm(folder, { recursive: true });
  const denied = Object.assign(new Error('x'), { code: 'EACCES', syscall: 'open', path: 'a.yaml' });
  expect(describeSystemError(denied)).toMatch(/^a\.yaml: permission denied: .* \(EACCES\)$/);
});

it('names the port and the way out', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const error = await new Promise((resolve) =>
    createServer().once('error', resolve).listen(port, '127.0.0.1'),
  );
  expect(describeSystemError(error)).toBe(
    `port ${port} is in use: stop what uses it, or take another with --port (0: any free one) (EADDRINUSE)`,
  );
  taken.close();
});

it('names a program that is not there', () => {
  const error = Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'spawn nginx', path: 'nginx' });
  expect(describeSystemError(error)).toMatch(/^nginx: there is no such program/);
});

it('makes one line of what it has no name for, where a file says what it was about', () => {
  const error = Object.assign(new Error('x'), { code: 'EIO', syscall: 'read', path: 'a.yaml' });
  expect(describeSystemError(error)).toBe('a.yaml: the system refused it (EIO)');
});

it('leaves all other errors alone', () => {
  expect(describeSystemError(new TypeError('x'))).toBeUndefined();
  expect(describeSystemError('x')).toBeUndefined();
});
