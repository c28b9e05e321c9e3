/** Cases with one field left out of their rules: a case that then still passes does not show what the field does. */
import { readObjects } from '../mesh/rules/source.ts';
import { supportedFields } from '../mesh/rules/supported.ts';
import type { Engine } from './engines/engine.ts';
import type { Case } from './format.ts';
import { problemsOf } from './report.ts';
import { runCases } from './run.ts';
import { type RuleObject, toYaml } from './world.ts';

type Path = readonly (string | number)[];

const run = supportedFields()
  .filter(({ status }) => status === 'run')
  .map(({ kind, field }) => `${kind} ${field}`);
const paths = new Set(run.flatMap(pathsTo));
const leaves = new Set(run.filter((field) => !run.some((other) => isWithin(other, field))).map(wherever));

/** The fields that can be left out of every case that has them, and nothing fails. */
export async function fieldsNotShown(cases: readonly Case[], engine: Engine): Promise<string[]> {
  const runnable = cases.filter(({ invalid, needs }) => invalid === undefined && !needs);
  const mutants = new Map<string, Case[]>();
  for (const one of runnable) {
    for (const [field, mutant] of mutantsOf(one)) mutants.set(field, [...(mutants.get(field) ?? []), mutant]);
  }
  let left = [...mutants.keys()];
  const mostCases = Math.max(...[...mutants.values()].map(({ length }) => length));
  // Most fields are found at their first case; the others need not be run.
  for (let nth = 0; nth < mostCases && left.length > 0; nth++) {
    const batch = left.flatMap((field) => mutants.get(field)?.[nth] ?? []);
    const failed = new Set<Case>();
    for await (const result of runCases(batch, engine)) {
      if (result.stopped !== undefined || problemsOf(result).length > 0) failed.add(result.case);
    }
    left = left.filter((field) => !failed.has(mutants.get(field)?.[nth] as Case));
  }
  return left;
}

/** For each field of the case's rules, the case without it at the first place where it stands. */
function mutantsOf(one: Case): Map<string, Case> {
  const objects = readObjects({ file: one.file, text: one.rules }).objects.map(
    ({ value }) => value as RuleObject,
  );
  const mutants = new Map<string, Case>();
  objects.forEach((object, i) => {
    for (const [field, path] of places(object.spec, `${object.kind} spec`, [])) {
      if (!leaves.has(field) || mutants.has(field)) continue;
      const spec = without(object.spec, path) as Record<string, unknown>;
      mutants.set(field, { ...one, rules: toYaml(objects.with(i, { ...object, spec })) });
    }
  });
  return mutants;
}

function* places(value: unknown, field: string, path: Path): Generator<[field: string, path: Path]> {
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) yield* places(one, `${field}[]`, [...path, i]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      // A key that is no field is a name that the rule's author chose: `{}`.
      const inner = paths.has(`${field}.${key}`) ? `${field}.${key}` : `${field}{}`;
      yield [wherever(inner), [...path, key]];
      yield* places(one, inner, [...path, key]);
    }
  }
}

function without(value: unknown, [key, ...rest]: Path): unknown {
  if (Array.isArray(value)) return value.with(key as number, without(value[key as number], rest));
  const fields = value as Record<string, unknown>;
  if (rest.length > 0) return { ...fields, [key as string]: without(fields[key as string], rest) };
  const { [key as string]: _left, ...others } = fields;
  return others;
}

function isWithin(other: string, field: string): boolean {
  return other !== field && other.startsWith(field) && /^[.[{]/.test(other.slice(field.length));
}

/** `a.b[].c{}.d`: itself and all that it stands in. */
export function pathsTo(field: string): string[] {
  return [...field.matchAll(/[.[{]|$/g)].map(({ index }) => field.slice(0, index));
}

/** A policy has the same fields in each of its four places, read by the same schema. */
export function wherever(field: string): string {
  return field
    .replace('subsets[].trafficPolicy.', 'trafficPolicy.')
    .replace(/(trafficPolicy)\.portLevelSettings\[\]\.(?!port)/, '$1.');
}
