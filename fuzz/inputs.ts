/** Inputs by chance: the same seed gives the same ones, in the same order. */
import fc from 'fast-check';
import { type Input, type Receiver, receivers } from './input.ts';
import { kinds } from './kinds.ts';

/** So many are made at a time. */
const batch = 500;

function inputsFor(target: Receiver): fc.Arbitrary<Input> {
  const some = Object.entries(kinds).flatMap(([name, { kind, weight }]) => {
    const arbitrary = kind(target)?.map((bytes): Input => ({ target, kind: name, ...bytes }));
    return arbitrary ? [{ weight, arbitrary }] : [];
  });
  return fc.oneof(...some);
}

const input = fc.oneof(...receivers.map(inputsFor));

/** The first `count` inputs of a seed, by number from 0. */
export function* inputs(seed: number, count: number): Generator<[number: number, input: Input]> {
  for (let first = 0; first < count; first += batch) {
    const some = fc.sample(input, { seed: seed + first, numRuns: Math.min(batch, count - first) });
    for (const [i, one] of some.entries()) yield [first + i, one];
  }
}
