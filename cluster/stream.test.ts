import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { followKubectl } from './stream.ts';
import { type FakeKubectl, fakeKubectl } from './testing/fake-kubectl.ts';

/** Tells one line and breaks off; of pods in `secret` it says what a user without the right is told. */
const kubectl = `
case "$3" in
  secret) echo 'Error from server (Forbidden): pods "p" is forbidden: User "u" cannot get resource "pods/log"' >&2; exit 1 ;;
  *) echo "of $2"; echo 'error: unexpected EOF' >&2; exit 1 ;;
esac
`;

let fake: FakeKubectl;
beforeAll(async () => {
  fake = await fakeKubectl(() => kubectl);
  vi.stubEnv('PATH', fake.env.PATH);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await fake.remove();
});

it('begins again where the connection broke, and tells of it; ends with the signal', async () => {
  const over = new AbortController();
  const told: unknown[] = [];
  const listener = {
    onLine: (line: string) => {
      told.push(line);
      if (told.length === 3) over.abort();
    },
    onFailure: (...failure: unknown[]) => told.push(failure),
  };
  await followKubectl('test', () => ['logs'], listener, over.signal);
  expect(told).toEqual(['of test', ['error: unexpected EOF', false], 'of test']);
});

it('tells a missing right from a connection that broke', async () => {
  const over = new AbortController();
  const failures: unknown[] = [];
  const onFailure = (...failure: unknown[]) => {
    failures.push(failure);
    over.abort();
  };
  await followKubectl('test', () => ['secret'], { onLine: () => {}, onFailure }, over.signal);
  expect(failures).toEqual([[expect.stringContaining('cannot get resource "pods/log"'), true]]);
});
