/** Runs generated trials on engines, many in one scene, and compares them. */
import { randomUUID } from 'node:crypto';
import type { Reply } from '../check/agent/agent.ts';
import { type Arrival, checkHeader, echoHeader } from '../check/agent/echo.ts';
import { type Engine, type Outgoing, RulesRefused } from '../check/engine.ts';
import { type Observation, observe } from '../check/observation.ts';
import { defaultWorld, type RuleObject, toYaml } from '../check/world.ts';
import { comparable, difference } from './compare.ts';
import { type Trial, type TrialRequest, trialCallers, trialHost, trialName } from './generate.ts';

/** By which the scene of all trials is named. */
export const generatedFile = 'generated';

/** What one request of a trial showed. */
export interface Decision {
  observation: Observation;
  calls: readonly Arrival[];
}

/** A request on which the engines differ. */
export interface TrialDifference {
  trial: Trial;
  request: TrialRequest;
  differences: readonly string[];
  istio: Decision;
}

/** Every request of every trial: the decisions in their order. @throws RulesRefused */
export async function runTrials(trials: readonly Trial[], engine: Engine): Promise<Decision[][]> {
  const rules = toYaml(trials.flatMap((trial, i) => rulesOf(trial, i)));
  const site = await engine.open({
    file: generatedFile,
    world: defaultWorld,
    outbound: 'REGISTRY_ONLY',
    upstream: 'echo',
    rules,
  });
  if (site instanceof RulesRefused) throw site;
  try {
    const all = trials.flatMap((trial, i) =>
      trial.requests.map((request) => ({ from: request.from, id: randomUUID(), ...outgoing(request, i) })),
    );
    const replies = new Map<string, Reply>();
    for (const from of trialCallers) {
      const mine = all.filter((one) => one.from === from);
      const batches = await site.send(
        from,
        mine.map(({ id, request }) => ({ ...request, headers: [...request.headers, [checkHeader, id]] })),
      );
      batches.forEach(([reply], i) => {
        if (reply && mine[i]) replies.set(mine[i].id, reply);
      });
    }
    const calls = await site.takeCalls(all.map(({ id }) => id));
    const decisions = all.map(({ id }) => ({
      observation: observe(replies.get(id) as Reply),
      calls: calls[id] ?? [],
    }));
    return trials.map((trial) => decisions.splice(0, trial.requests.length));
  } finally {
    await site.close();
  }
}

/** The requests on which the local mesh and Istio differ. */
export async function compareTrials(
  trials: readonly Trial[],
  local: Engine,
  istio: Engine,
): Promise<TrialDifference[]> {
  const [here, there] = await Promise.all([runTrials(trials, local), runTrials(trials, istio)]);
  return trials.flatMap((trial, i) =>
    trial.requests.flatMap((request, j) => {
      const mine = here[i]?.[j] as Decision;
      const theirs = there[i]?.[j] as Decision;
      const differences = difference(view(mine), view(theirs), '');
      return differences.length > 0 ? [{ trial, request, differences, istio: theirs }] : [];
    }),
  );
}

function view({ observation, calls }: Decision): unknown {
  const each = calls.map(({ service, version, method, path, authority }) =>
    [`${service}/${version}`, method, path, authority].join(' '),
  );
  return { ...(comparable(observation) as object), calls: each.sort().join('; ') };
}

/** The rules of trial `index`, with hosts and names of their own. */
function rulesOf({ rule, beside }: Trial, index: number): RuleObject[] {
  return JSON.parse(named(JSON.stringify([rule, ...beside]), index)) as RuleObject[];
}

function named(text: string, index: number): string {
  return text.replaceAll(trialName, `trial-${index}`).replaceAll(trialHost, `h${index}.example`);
}

function outgoing({ method, path, host, headers, echo }: TrialRequest, index: number): { request: Outgoing } {
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    values.map((value) => [name, value] as const),
  );
  return {
    request: {
      method,
      path,
      authority: named(host, index),
      port: 80,
      headers: echo ? [...lines, [echoHeader, echo]] : lines,
      body: '',
      http: '1.1',
      times: 1,
      concurrency: 1,
      connection: 'keep-alive',
    },
  };
}
