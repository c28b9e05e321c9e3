/** Cases with one field left out of their rules: a case that then still passes does not show what the field does. */

import type { Engine } from '../check/engine.ts';
import type { Case } from '../check/format.ts';
import { problemsOf } from '../check/report.ts';
import { type CaseResult, runCases } from '../check/run.ts';
import { type RuleObject, toYaml } from '../check/world.ts';
import { kindName } from '../mesh/rules/kinds.ts';
import type { Path } from '../mesh/rules/problem.ts';
import { readObjects } from '../mesh/rules/source.ts';
import { supportedFields } from '../mesh/rules/supported.ts';

const run = supportedFields()
  .filter(({ status }) => status === 'run')
  .map(({ kind, field }) => `${kind} ${field}`);
const paths = new Set(run.flatMap(pathsTo));
const leaves = new Set(run.filter((field) => !run.some((other) => isWithin(other, field))).map(wherever));

const isDefault = 'the one value that is run is what its absence means';
const noBound =
  'takes away a bound that Envoy has and the local mesh has not; test/cluster loads a cluster with it';
const anyRing = 'to which endpoint a key falls is chance; balancer.test.ts shows what the size does';

/** Fields of which no case can show what they do, with the reason. */
export const unseen: Readonly<Record<string, string>> = {
  'DestinationRule spec.trafficPolicy.tls.mode': isDefault,
  'DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.minimumRingSize': anyRing,
  'DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.ringHash.minimumRingSize': anyRing,
  'ServiceEntry spec.ports[].protocol': isDefault,
  'Gateway spec.servers[].tls.mode': isDefault,
  ...Object.fromEntries(
    ['max_connections', 'max_pending_requests', 'max_requests', 'max_retries'].map((bound) => [
      `EnvoyFilter spec.configPatches[].patch.value.circuit_breakers.thresholds[].${bound}`,
      noBound,
    ]),
  ),
};

export interface Mutation {
  /** Fields that can be left out of every case that has them, wherever it has them, and nothing fails. */
  notShown: string[];
  /** Those of {@link unseen} that a case does show. */
  seen: string[];
}

/** Leaves out of the cases each field that they have, one at a time. */
export async function fieldsNotShown(cases: readonly Case[], engine: Engine): Promise<Mutation> {
  const runnable = cases.filter(({ invalid, needs }) => invalid === undefined && !needs);
  const mutants = Map.groupBy(
    runnable.flatMap((one) => [...mutantsOf(one)]),
    ({ field }) => field,
  );
  let left = [...mutants.keys()];
  const most = Math.max(...[...mutants.values()].map(({ length }) => length));
  // Most fields are found at their first place; the others need not be run.
  for (let nth = 0; nth < most && left.length > 0; nth++) {
    const batch = left.flatMap((field) => mutants.get(field)?.[nth] ?? []);
    const failed = new Set<string>();
    const results = runCases(
      batch.map(({ mutant }) => mutant),
      engine,
    );
    for (const { field } of batch) {
      const result = (await results.next()).value as CaseResult;
      if (result.stopped !== undefined || problemsOf(result).length > 0) failed.add(field);
    }
    left = left.filter((field) => !failed.has(field));
  }
  return {
    notShown: left.filter((field) => !(field in unseen)),
    seen: Object.keys(unseen).filter((field) => !left.includes(field)),
  };
}

/** The case without each of its fields, one at a time. */
function* mutantsOf(one: Case): Generator<{ field: string; mutant: Case }> {
  const objects = readObjects({ file: one.file, text: one.rules }).objects.map(
    ({ value }) => value as RuleObject,
  );
  for (const [i, object] of objects.entries()) {
    for (const [field, path] of places(object.spec, `${kindName(object)} spec`, [])) {
      if (!leaves.has(field)) continue;
      const spec = without(object.spec, path) as Record<string, unknown>;
      yield { field, mutant: { ...one, rules: toYaml(objects.with(i, { ...object, spec })) } };
    }
  }
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
