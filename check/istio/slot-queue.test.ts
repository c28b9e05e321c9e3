import { expect, it } from 'vitest';
import { parseLanes } from '../../lanes/lanes.ts';
import type { Scene } from '../scene.ts';
import { type Place, SlotQueue } from './slot-queue.ts';

class Slot implements Place {
  onClose = () => {};
  readonly prepared: string[] = [];

  prepare({ file }: Scene): void {
    this.prepared.push(file);
  }
}

function scene(file: string, versions: string, upstream: Scene['upstream'] = 'pair'): Scene {
  const world = parseLanes(`services: { service-b: { port: 32000, versions: [${versions}] } }`);
  return { file, world, outbound: 'ALLOW_ANY', upstream, rules: '' };
}

it('spreads scenes that have nothing in common', async () => {
  const slots = [new Slot(), new Slot()];
  const queue = new SlotQueue(slots);
  expect(await queue.take(scene('one', 'v1, v2'))).toBe(slots[0]);
  expect(await queue.take(scene('two', 'release'))).toBe(slots[1]);
});

it('waits for the slot whose pods a scene needs, though another is free, and has its pods started', async () => {
  const slots = [new Slot(), new Slot()];
  const queue = new SlotQueue(slots);
  await queue.take(scene('one', 'v1, v2'));
  const second = queue.take(scene('two', 'v2'));
  expect(slots[0]?.prepared).toEqual(['two']);
  slots[0]?.onClose();
  expect(await second).toBe(slots[0]);
});

it('gives scenes of the echo, that need no pods, to whoever is free', async () => {
  const slots = [new Slot(), new Slot()];
  const queue = new SlotQueue(slots);
  const taken = [await queue.take(scene('one', 'v1', 'echo')), await queue.take(scene('two', 'v1', 'echo'))];
  expect(new Set(taken).size).toBe(2);
});
