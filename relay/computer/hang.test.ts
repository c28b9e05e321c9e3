import { beforeEach, expect, it } from 'vitest';
import { AnswerWatch } from '../stream/answer-watch.ts';
import { Hang } from './hang.ts';

let now = 0;
let hang: Hang;
beforeEach(() => {
  now = 0;
  hang = new Hang(5_000, () => now);
});

function ask(): AnswerWatch {
  const watch = new AnswerWatch();
  watch.asked(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  hang.asked(watch);
  return watch;
}

function answer(watch: AnswerWatch): void {
  watch.answered(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'));
  hang.answered(watch);
}

it('hangs when a request waits for longer than it may', () => {
  const watch = ask();
  now = 5_000;
  expect(hang.hangs).toBe(false);
  now = 5_001;
  expect(hang.hangs).toBe(true);
  answer(watch);
  expect(hang.hangs).toBe(false);
});

it('does not hang while it answers others', () => {
  ask();
  now = 4_000;
  answer(ask());
  now = 8_000;
  expect(hang.hangs).toBe(false);
  now = 9_001;
  expect(hang.hangs).toBe(true);
});

it('does not hang while a request still comes', () => {
  const watch = ask();
  for (now = 0; now < 20_000; now += 4_000) {
    watch.asked(Buffer.from('more of its body'));
    hang.asked(watch);
    expect(hang.hangs).toBe(false);
  }
  now += 2_000;
  expect(hang.hangs).toBe(true);
});

it('does not hang where nobody waits', () => {
  answer(ask());
  hang.closed(ask());
  now = 60_000;
  expect(hang.hangs).toBe(false);
});

it('never hangs where that is wanted', () => {
  hang = new Hang(Number.POSITIVE_INFINITY, () => now);
  ask();
  now = 1e9;
  expect(hang.hangs).toBe(false);
});
