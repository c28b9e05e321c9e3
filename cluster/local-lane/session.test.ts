import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { mayRun, newSession } from './session.ts';

test('a session says who, since when, and which process; that of this one runs', () => {
  const session = newSession(new Date('2026-11-26T19:00:00Z'));
  expect(session.since).toBe('2026-11-26T19:00:00.000Z');
  expect(session.by).toMatch(new RegExp(`^.+@${hostname()}$`));
  expect(session.id).toMatch(new RegExp(`^${hostname()}/${process.pid}/[0-9a-f]{8}$`));
  expect(mayRun(session.id)).toBe(true);
});

test('one of this computer whose process has ended runs no more; of others nobody here can say', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  expect(mayRun(`${hostname()}/${pid}/aa`)).toBe(false);
  expect(mayRun(`another-${hostname()}/${pid}/aa`)).toBe(true);
  expect(mayRun('what a person wrote')).toBe(true);
});
