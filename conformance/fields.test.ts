/** Every field that the local mesh runs stands in a case; which fields those are says the parser. */
import { expect, it } from 'vitest';
import type { Case } from '../check/format.ts';
import { kindName } from '../mesh/rules/kinds.ts';
import { readObjects } from '../mesh/rules/source.ts';
import { supportedFields } from '../mesh/rules/supported.ts';
import { readConformanceCases } from './files.ts';
import { pathsTo, wherever } from './mutate.ts';

const known = supportedFields()
  .filter(({ status }) => status === 'run')
  .map(({ kind, field }) => `${kind} ${field}`);
const knownPaths = new Set(known.flatMap(pathsTo));
const cases = await readConformanceCases();
const used = new Set(cases.filter(({ invalid, needs }) => invalid === undefined && !needs).flatMap(fieldsOf));

it.each([...new Set(known.map(wherever))])('%s is used by a case', (field) => {
  expect(used.has(field)).toBe(true);
});

it.each([
  'DestinationRule spec.trafficPolicy',
  'DestinationRule spec.trafficPolicy.portLevelSettings',
  'DestinationRule spec.subsets[].trafficPolicy',
  'DestinationRule spec.subsets[].trafficPolicy.portLevelSettings',
])('the policy at %s is used by a case', (place) => {
  expect(used.has(place)).toBe(true);
});

/** The fields of the rules of a case, as the parser names them. */
function fieldsOf({ file, rules, steps }: Case): string[] {
  const texts = [rules, ...steps.flatMap((step) => ('apply' in step ? [step.apply] : []))];
  return texts
    .flatMap((text) => readObjects({ file, text }).objects)
    .flatMap(({ value }) => {
      const { apiVersion, kind, spec } = value as { apiVersion: string; kind: string; spec: unknown };
      return [...walk(spec, `${kindName({ apiVersion, kind })} spec`)];
    });
}

function* walk(value: unknown, path: string): Generator<string> {
  yield path;
  yield wherever(path);
  if (Array.isArray(value)) for (const one of value) yield* walk(one, `${path}[]`);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      // A key that is no field is a name that the rule's author chose: `{}`.
      yield* walk(one, knownPaths.has(`${path}.${key}`) ? `${path}.${key}` : `${path}{}`);
    }
  }
}
