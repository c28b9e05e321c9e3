/** Runs cases on an engine: every step in order, every expectation judged. */
import { randomUUID } from 'node:crypto';
import { checkHeader, echoHeader } from './echo.ts';
import { type Engine, type Outgoing, RulesRefused, type Site } from './engines/engine.ts';
import { judge, type StepObservation, type Verdict } from './expectation.ts';
import type { Case, RequestStep, Send, Step } from './format.ts';
import { observe } from './observation.ts';

export interface StepResult {
  step: Step;
  verdicts: readonly Verdict[];
  /** Absent for a change. */
  seen?: StepObservation;
}

export interface CaseResult {
  case: Case;
  steps: readonly StepResult[];
  /** What stopped it: rules that the engine refused, an engine that failed. */
  stopped?: string;
  /** What the engine said to rules that it should refuse. */
  refused?: string;
}

/** Results in the order of the cases; as many at a time as the engine has room for. */
export async function* runCases(cases: readonly Case[], engine: Engine): AsyncGenerator<CaseResult> {
  const results = cases.map(() => Promise.withResolvers<CaseResult>());
  const left = cases.entries();
  const worker = async () => {
    for (const [i, one] of left) await runCase(one, engine).then(results[i]?.resolve, results[i]?.reject);
  };
  const workers = Array.from({ length: engine.capacity }, worker);
  for (const { promise } of results) yield await promise;
  await Promise.all(workers);
}

async function runCase(one: Case, engine: Engine): Promise<CaseResult> {
  const site = await engine.open(one);
  if (site instanceof RulesRefused) {
    return {
      case: one,
      steps: [],
      ...(one.invalid === undefined ? { stopped: site.message } : { refused: site.message }),
    };
  }
  try {
    return await runSteps(one, site);
  } finally {
    await site.close();
  }
}

async function runSteps(one: Case, site: Site): Promise<CaseResult> {
  if (one.invalid !== undefined) return { case: one, steps: [], stopped: 'the rules were accepted' };
  const steps: StepResult[] = [];
  const endpoints = new Map<string, string>();
  for (const step of one.steps) {
    try {
      steps.push(await runStep(step, one, site, endpoints));
    } catch (error) {
      return { case: one, steps, stopped: (error as Error).message };
    }
  }
  return { case: one, steps };
}

async function runStep(
  step: Step,
  one: Case,
  site: Site,
  endpoints: Map<string, string>,
): Promise<StepResult> {
  if (!('send' in step)) {
    if ('apply' in step) await site.apply(step.apply);
    else if ('delete' in step) await site.delete(step.delete);
    else await site.scale(step.scale);
    return { step, verdicts: [] };
  }
  const seen = await perform(step, one, site);
  const [first] = seen.observations;
  if (step.name && first?.endpoint) endpoints.set(step.name, first.endpoint);
  return { step, seen, verdicts: judge(step.expect, seen, endpoints) };
}

async function perform(step: RequestStep, one: Case, site: Site): Promise<StepObservation> {
  const id = randomUUID();
  const [replies = []] = await site.send(step.from, [outgoing(step.from, step.send, one.world, id)]);
  const { [id]: calls = [] } = await site.takeCalls([id]);
  return { observations: replies.map(observe), calls };
}

/** What is really sent where the step leaves something out. */
export function outgoing(from: RequestStep['from'], send: Send, world: Case['world'], id: string): Outgoing {
  const { host, port, headers, echo, ...rest } = send;
  const name = host?.replace(/:\d+$/, '').toLowerCase();
  const written = /:(\d+)$/.exec(host ?? '')?.[1];
  const service = world.services.find(
    (service) => name === service.name || name?.startsWith(`${service.name}.`),
  );
  return {
    ...rest,
    authority: host ?? 'demo.example',
    port: port ?? (from === 'gateway' ? 80 : Number(written ?? service?.port ?? 80)),
    headers: [
      ...Object.entries(headers).flatMap(([key, values]) => values.map((value) => [key, value] as const)),
      [checkHeader, id],
      ...(echo ? [[echoHeader, echo] as const] : []),
    ],
  };
}
