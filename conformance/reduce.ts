/**
 * Makes a trial on which the engines differ as small as can be. Every way to leave one thing out is tried at once,
 * as one batch of trials, and the first that still differs is taken: on a cluster a round costs one change of rules,
 * where shrinking one by one would cost one for each try.
 */

import type { Engine } from '../check/engine.ts';
import { type RuleObject, toYaml } from '../check/world.ts';
import { parseRules } from '../mesh/rules/load.ts';
import type { Trial, TrialRequest } from './generate.ts';
import { compareTrials, type TrialDifference } from './trial.ts';

/** The smallest found, with what still differs there. */
export async function reduce(found: TrialDifference, local: Engine, istio: Engine): Promise<TrialDifference> {
  let smallest = found;
  for (;;) {
    const { trial, request } = smallest;
    const candidates = [
      ...lessBeside(trial.beside).map((beside) => ({ ...trial, beside, requests: [request] })),
      ...smallerRules(trial.rule).map((rule) => ({ ...trial, rule, requests: [request] })),
      ...smaller(request, ['from', 'method', 'path', 'host']).map((less) => ({
        ...trial,
        requests: [{ headers: {}, echo: '', ...(less as object) } as TrialRequest],
      })),
    ].filter(isValid);
    const [next] = await compareTrials(candidates, local, istio);
    if (!next) return smallest;
    smallest = next;
  }
}

/** One rule less, or one that says less. */
function lessBeside(beside: readonly RuleObject[]): RuleObject[][] {
  return [
    ...beside.map((_, i) => beside.toSpliced(i, 1)),
    ...beside.flatMap((rule, i) => smallerRules(rule).map((less) => beside.with(i, less))),
  ];
}

/** Without them a rule would be for the hosts of other trials too, or for nothing. */
const kept = ['hosts', 'host', 'gateways', 'destination', 'hostnames', 'hostname', 'addresses', 'name'];

function smallerRules(rule: RuleObject): RuleObject[] {
  // The API server takes less of a Service than the local mesh, which leaves others aside.
  if (rule.kind === 'Service') return [];
  return smaller(rule.spec, kept).map((spec) => ({
    ...rule,
    spec: spec as Record<string, unknown>,
  }));
}

/** Every value that has one key or one element less than this one, the largest things first. */
export function smaller(value: unknown, kept: readonly string[] = []): unknown[] {
  if (Array.isArray(value)) {
    const without = value.map((_, i) => value.toSpliced(i, 1)).filter((left) => left.length > 0);
    return [...without, ...value.flatMap((one, i) => smaller(one, kept).map((less) => value.with(i, less)))];
  }
  if (typeof value !== 'object' || value === null) return [];
  const keys = Object.keys(value).filter((key) => !kept.includes(key));
  const fields = value as Record<string, unknown>;
  return [
    ...keys.map((key) => Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key))),
    ...keys.flatMap((key) => smaller(fields[key], kept).map((less) => ({ ...fields, [key]: less }))),
  ];
}

function isValid({ rule, beside }: Trial): boolean {
  const text = toYaml([rule, ...beside])
    .replaceAll('HOST', 'h.example')
    .replaceAll('OUTSIDE_ADDRESS', '192.0.2.1')
    .replaceAll('OUTSIDE_PORT', '8080');
  return parseRules([{ file: 'trial', text }], { defaultNamespace: 'coloring' }).ok;
}
