/** Generated rules and requests on both engines; what differs is run again. */
import { type Engines, misjudgedIn } from './engines.ts';
import { type Dialect, generateTrials, requestsPerTrial, type Trial } from './generate.ts';
import { type Outcome, repeatDiffering, weigh } from './repeat.ts';
import { compareTrials, generatedFile, type TrialDifference } from './trial.ts';

interface ComparedTrials {
  /** How many requests were compared. */
  requests: number;
  outcomes: Outcome<Trial>[];
  /** What explain said wrongly of all of them together. */
  explained: Outcome<readonly Trial[]>[];
  /** One that differed again, as it did at first. */
  example?: TrialDifference;
  /** How many were unsteady at once, after which all were run anew; 0: nothing was. */
  shaken: number;
}

/** @param decisions how many requests, at least */
export async function compareGenerated(
  { decisions, seed, dialect }: { decisions: number; seed: number; dialect: Dialect },
  engines: Engines,
): Promise<ComparedTrials> {
  const trials = generateTrials(seed, Math.ceil(decisions / requestsPerTrial), dialect);
  const run = async (some: readonly Trial[]) => {
    const found = await compareTrials(some, engines.local, engines.istio);
    const misjudged = misjudgedIn(engines, generatedFile);
    return { found, misjudged, problems: some.map((trial) => problemsOfTrial(found, trial)) };
  };
  const compare = async () => {
    const first = await run(trials);
    const outcomes = await repeatDiffering(
      trials.map((one, i) => ({ one, problems: first.problems[i] ?? [] })),
      async (some) => (await run(some)).problems,
    );
    return { first, outcomes, weighed: weigh(outcomes) };
  };
  let compared = await compare();
  // All stand in one scene: what shook that once shook many of them. Rules that differ do so in the next one too.
  const { unsteady, differing, isUnsteady } = compared.weighed;
  const isShaken = isUnsteady && differing.length === 0;
  if (isShaken) compared = await compare();
  const { first, outcomes } = compared;
  // Which trial a misjudged request was of is not known: all are run again.
  const explained = await repeatDiffering([{ one: trials, problems: first.misjudged }], async () => [
    (await run(trials)).misjudged,
  ]);
  const again = outcomes.find(({ again }) => again.length > 0);
  const example = again && first.found.find(({ trial }) => trial === again.one);
  return {
    requests: trials.length * requestsPerTrial,
    outcomes,
    explained,
    shaken: isShaken ? unsteady.length : 0,
    ...(example && { example }),
  };
}

function problemsOfTrial(found: readonly TrialDifference[], trial: Trial): string[] {
  return found
    .filter((one) => one.trial === trial)
    .flatMap(({ request, differences }) =>
      differences.map((difference) => `${JSON.stringify(request)}: ${difference}`),
    );
}
