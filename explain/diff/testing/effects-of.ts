/** For tests: the effect of going from one set of rules, as text, to another. */
import { type Diff, diff } from '../diff.ts';
import { type Effect, effectName, takes } from '../effect.ts';
import { parseWritten, type WrittenObject } from '../written.ts';

/** Objects without a namespace are in `shop`. */
export function written(yaml: string): WrittenObject[] {
  const { written, problems } = parseWritten([{ file: 'rules.yaml', text: yaml }], 'shop');
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return written;
}

/** What one folder has and the other lacks goes. */
export function diffOf(before: string, after: string): Diff {
  return diff({
    before: written(before).map(({ object }) => object),
    written: written(after),
    goes: () => true,
    meshConfig: {},
    isWhole: false,
  });
}

/** `! lane-lost web/v1: v1 -> v0`, with a dot where nothing is taken away. */
export function effectsOf(before: string, after: string): string[] {
  return diffOf(before, after).effects.map(line);
}

function line(effect: Effect): string {
  const words = effect.before || effect.after ? `: ${effect.before} -> ${effect.after}` : '';
  return `${takes(effect) ? '!' : '.'} ${effect.type} ${effectName(effect)}${words}`;
}
