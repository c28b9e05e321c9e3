/** Compares what two engines showed for one case: a line for each difference, none when they are the same. */
import { isDeepStrictEqual } from 'node:util';
import type { RequestStep } from '../check/format.ts';
import type { Observation } from '../check/observation.ts';
import type { CaseResult } from '../check/run.ts';
import type { StepObservation } from '../check/seen.ts';

/** The local mesh's result against Istio's. */
export function compareResults(local: CaseResult, istio: CaseResult): string[] {
  if (local.stopped || istio.stopped) {
    return local.stopped && istio.stopped
      ? []
      : [`only ${local.stopped ? 'the local mesh' : 'Istio'} stopped: ${local.stopped ?? istio.stopped}`];
  }
  return [...compareOutcomes(local, istio), ...compareAllSteps(local, istio)];
}

/** Status and response flags as the proxies logged them: which there were, whatever their number. */
function compareOutcomes(
  { case: { file, steps }, outcomes: local }: CaseResult,
  { outcomes: istio }: CaseResult,
): string[] {
  // Where a step is for one engine only, the logs are of different requests.
  if (!local || !istio || steps.some(({ only }) => only !== undefined)) return [];
  return ['gateway', 'client'].flatMap((proxy) => {
    const [here, there] = [local, istio].map((all) => [...new Set(all[proxy])].sort().join('; '));
    return here === there ? [] : [`${file}: ${proxy} logged on the local mesh: ${here}, on Istio: ${there}`];
  });
}

function compareAllSteps(local: CaseResult, istio: CaseResult): string[] {
  return local.steps.flatMap(({ step, seen }, i) => {
    const other = istio.steps[i]?.seen;
    if (!('send' in step) || !seen || !other) return [];
    const { file, line } = step.place;
    return compareSteps(step, seen, other).map((difference) => `${file}:${line}: ${difference}`);
  });
}

/** Single requests one by one; repeated ones as the set of different things that were seen. */
function compareSteps(step: RequestStep, local: StepObservation, istio: StepObservation): string[] {
  const { shares, endpoints, sameEndpoint, versions, statuses, calls = {} } = step.expect;
  // Which of several equals was chosen is chance; that it was the right share is for the expectation to say.
  const isRandom = [shares, endpoints, sameEndpoint, versions, statuses].some((one) => one !== undefined);
  const isCountRandom = isRandom || Object.values(calls).some(({ min, max }) => min !== max);
  const countDifferences = isCountRandom ? [] : difference(countsOf(local), countsOf(istio), 'calls');
  return [...countDifferences, ...compareObservations(local, istio, isRandom)];
}

/** How often each version was called. */
function countsOf({ calls }: StepObservation): Record<string, number> {
  const by = Map.groupBy(calls, ({ service, version }) => `${service}/${version}`);
  return Object.fromEntries([...by].map(([version, all]) => [version, all.length]));
}

function compareObservations(local: StepObservation, istio: StepObservation, isRandom: boolean): string[] {
  const view = (one: Observation) => comparable(one, isRandom);
  const inLocal = distinct(local.observations.map(view));
  const inIstio = distinct(istio.observations.map(view));
  if (inLocal.length === 1 && inIstio.length === 1) return difference(inLocal[0], inIstio[0], '');
  return [
    ...inLocal
      .filter((one) => !has(inIstio, one))
      .map((one) => `only on the local mesh: ${JSON.stringify(one)}`),
    ...inIstio.filter((one) => !has(inLocal, one)).map((one) => `only on Istio: ${JSON.stringify(one)}`),
  ];
}

/** Of an observation, what has to be the same on both engines. */
export function comparable(one: Observation, isRandom = false): unknown {
  const { ms: _time, endpoint: _endpoint, error, served, ...rest } = one;
  const common = { ...rest, noAnswer: error !== undefined };
  if (!isRandom) return { ...common, served };
  const { 'x-upstream': _version, ...headers } = one.answer.headers;
  const answer = { ...one.answer, headers };
  if (!one.arrived) return { ...common, answer };
  // Whether the first choice was one that failed is chance as well.
  const { 'x-envoy-attempt-count': _tries, ...arrived } = one.arrived.headers;
  return { ...common, answer, arrived: { ...one.arrived, headers: arrived } };
}

/** Where two plain values differ, by path. */
export function difference(local: unknown, istio: unknown, path: string): string[] {
  if (isDeepStrictEqual(local, istio)) return [];
  if (!isRecord(local) || !isRecord(istio)) {
    return [`${path || 'answer'}: local mesh ${show(local)}, Istio ${show(istio)}`];
  }
  const keys = [...new Set([...Object.keys(local), ...Object.keys(istio)])];
  return keys.flatMap((key) => difference(local[key], istio[key], path ? `${path}.${key}` : key));
}

function show(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function distinct(values: readonly unknown[]): unknown[] {
  return values.filter((value, i) => values.findIndex((other) => isDeepStrictEqual(value, other)) === i);
}

function has(values: readonly unknown[], wanted: unknown): boolean {
  return values.some((value) => isDeepStrictEqual(value, wanted));
}
