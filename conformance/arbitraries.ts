/** What the generators put their values together with. */
import fc from 'fast-check';

/** `usual`, but once in so many times another. */
export function mostly<Usual, Other>(times: number, usual: Usual, other: fc.Arbitrary<Other>) {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
}

/** One or two of the names, each with a value. */
export const some = <Value>(names: readonly string[], of: fc.Arbitrary<Value>) =>
  fc.dictionary(fc.constantFrom(...names), of, { minKeys: 1, maxKeys: 2 });

/** At most so many of the fields: rules that ask for everything at once match nothing. */
export function someOf(
  fields: Record<string, fc.Arbitrary<unknown>>,
  most: number,
): fc.Arbitrary<Record<string, unknown>> {
  const keys = fc.shuffledSubarray(Object.keys(fields), { minLength: 0, maxLength: most });
  return keys.chain((chosen) =>
    fc.record(Object.fromEntries(chosen.map((key) => [key, fields[key] as fc.Arbitrary<unknown>]))),
  );
}

/** Without the fields that are undefined. */
export function clean(fields: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;
}
