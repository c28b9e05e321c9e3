/** Rules of every kind with something wrong in them, more often than not: for the two who say what is valid. */
import fc from 'fast-check';
import type { RuleObject } from '../check/world.ts';
import type { Path } from '../mesh/rules/problem.ts';
import { generateTrials, trialHost } from './generate.ts';

/**
 * The same seed gives the same rules; about one in five is not spoilt.
 * @param others valid rules of other kinds than VirtualService, to be spoilt too
 */
export function generateRules(seed: number, count: number, others: readonly RuleObject[]): RuleObject[] {
  const virtualServices = generateTrials(seed, count, 'istio').map(({ rule }) => rule);
  const spoils = fc.sample(fc.tuple(fc.nat(4), fc.array(spoil, { minLength: 1, maxLength: 2 })), {
    seed,
    numRuns: count,
  });
  return virtualServices.map((virtualService, i) => {
    const [chance = 0, changes = []] = spoils[i] ?? [];
    // Every second one is of another kind.
    const whole = i % 2 === 0 ? virtualService : (others[Math.floor(i / 2) % others.length] as RuleObject);
    const rule = JSON.parse(JSON.stringify(whole).replaceAll(trialHost, 'h.example')) as RuleObject;
    return chance === 0
      ? rule
      : { ...rule, spec: changes.reduce(applySpoil, rule.spec) as Record<string, unknown> };
  });
}

type Spoil = { at: number } & ({ do: 'remove' } | { do: 'replace'; by: unknown } | { do: 'rename' });

const odd = [
  -1,
  0,
  1,
  70_000,
  1.5,
  '',
  '*',
  'x',
  'a b',
  '1us',
  '5s',
  '-1s',
  '%',
  true,
  {},
  [],
  [''],
  '(',
  '/x',
  'a.b.',
  'A_B',
  '10.0.0.1',
  '0',
  'http',
  600,
  'STATIC',
  'DNS',
  'ANY',
  'CLUSTER',
];

const spoil: fc.Arbitrary<Spoil> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('replace' as const), at: fc.nat(), by: fc.constantFrom(...odd) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), at: fc.nat() }) },
);

/** Changes the `at`-th of all places in the value. */
function applySpoil(value: unknown, change: Spoil): unknown {
  const places = placesIn(value);
  const path = places[change.at % places.length] ?? [];
  return changeAt(value, path, change);
}

/** Not the names of gateways: Istio looks at the first of them only. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return key === 'gateways' ? [] : [here, ...placesIn(inner, here)];
  });
}

function changeAt(value: unknown, [key, ...rest]: Path, change: Spoil): unknown {
  if (Array.isArray(value)) {
    const index = key as number;
    if (rest.length > 0) return value.with(index, changeAt(value[index], rest, change));
    return change.do === 'replace' ? value.with(index, change.by) : value.toSpliced(index, 1);
  }
  const fields = value as Record<string, unknown>;
  const name = key as string;
  if (rest.length > 0) return { ...fields, [name]: changeAt(fields[name], rest, change) };
  const { [name]: old, ...others } = fields;
  if (change.do === 'remove') return others;
  return change.do === 'rename' ? { ...others, [`${name}s`]: old } : { ...fields, [name]: change.by };
}
