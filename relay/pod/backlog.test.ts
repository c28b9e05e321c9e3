/** What is kept for ends that do not read, by ends of the test that are never read. */
import { Duplex } from 'node:stream';
import { beforeEach, expect, test } from 'vitest';
import { largestWindowBytes, smallestWindowBytes } from '../stream/sessions.ts';
import { Backlog } from './backlog.ts';

const kib = 1024;
let kernelBytes = 0;
beforeEach(() => {
  kernelBytes = 0;
});

const start = (connections = 1_000) =>
  new Backlog({ connections, bytes: 100 * kib, kernelBytes: 10 * kib }, () => kernelBytes);

/** A connection of which so much has not been read, one half this way, one that. */
function carried(backlog: Backlog, unreadBytes: number): Duplex {
  const [end, other] = [0, 1].map(() => new Duplex({ read() {}, write() {} })) as [Duplex, Duplex];
  end.on('error', () => {});
  if (unreadBytes > 0) {
    other.push(Buffer.alloc(unreadBytes / 2));
    end.write(Buffer.alloc(unreadBytes / 2));
  }
  backlog.add(end, other);
  return end;
}

const areBrokenOff = (ends: readonly Duplex[]) => ends.map(({ destroyed }) => destroyed);

test('as much as there is room for is kept', () => {
  const backlog = start();
  const ends = [60, 0, 40].map((size) => carried(backlog, size * kib));
  expect(backlog.look()).toBe(0);
  expect(areBrokenOff(ends)).toEqual([false, false, false]);
});

test('with too much it breaks off those that are read least, until a quarter is free, and no other', async () => {
  const backlog = start();
  const ends = [10, 0, 30, 8, 44, 12].map((size) => carried(backlog, size * kib));
  expect(backlog.look()).toBe(1);
  expect(areBrokenOff(ends)).toEqual([false, false, false, false, true, false]);
  await expect.poll(() => backlog.size).toBe(5);
  ends.push(...[15, 35].map((size) => carried(backlog, size * kib)));
  expect(backlog.look()).toBe(1);
  expect(areBrokenOff(ends)).toEqual([false, false, false, false, true, false, false, true]);
});

test("of the kernel's buffers it knows the sum only, so it breaks off one at a time, and none that is read", () => {
  const backlog = start();
  const ends = [2, 4, 0].map((size) => carried(backlog, size * kib));
  kernelBytes = 10 * kib;
  expect(backlog.look()).toBe(0);
  kernelBytes = 11 * kib;
  expect(backlog.look()).toBe(1);
  expect(areBrokenOff(ends)).toEqual([false, true, false]);
});

test('so many connections are enough', async () => {
  const backlog = start(2);
  const end = carried(backlog, 0);
  expect(backlog.isFull).toBe(false);
  carried(backlog, 0);
  expect(backlog.isFull).toBe(true);
  end.destroy();
  await expect.poll(() => backlog.isFull).toBe(false);
});

test('the more is kept, the less may be sent ahead', () => {
  const windowWith = (bytes: number) => {
    const backlog = start();
    carried(backlog, bytes);
    backlog.look();
    return backlog.windowBytes;
  };
  expect(windowWith(0)).toBe(largestWindowBytes);
  expect(windowWith(2 * kib)).toBe(largestWindowBytes / 2);
  expect(windowWith(40 * kib)).toBe(largestWindowBytes / 8);
  expect(windowWith(50 * kib)).toBe(smallestWindowBytes);
  expect(windowWith(90 * kib)).toBe(smallestWindowBytes);
});
