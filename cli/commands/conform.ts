/** `npx coloring conform`: the same rules and requests on the local mesh and on Istio; every answer has to be the same. */
import { basename } from 'node:path';
import { Command, Option } from 'commander';
import type { Engine } from '../../check/engine.ts';
import { type Case, CaseError } from '../../check/format.ts';
import { startCluster } from '../../check/istio/cluster.ts';
import { byCrds, type Channel, channelOf } from '../../check/istio/gateway-api-crds.ts';
import { Kubernetes } from '../../check/istio/kubernetes.ts';
import { startLocal } from '../../check/local/local.ts';
import { kindOf, provideImage } from '../../cluster/kind.ts';
import { ObjectReader } from '../../cluster/objects.ts';
import { parseImage } from '../../cluster/option-values.ts';
import { sources } from '../../cluster/sources.ts';
import { runSteps } from '../../cluster/steps.ts';
import { conform } from '../../conformance/conform.ts';
import { ExplainedEngine } from '../../conformance/explained.ts';
import { otherRules, readConformanceCases } from '../../conformance/files.ts';
import { gateSeed } from '../../conformance/gate-seed.ts';
import { type Dialect, generateTrials, requestsPerTrial, type Trial } from '../../conformance/generate.ts';
import { generateRules } from '../../conformance/generate-invalid.ts';
import { fieldsNotShown, unseen } from '../../conformance/mutate.ts';
import { asCase } from '../../conformance/paste.ts';
import { reduce } from '../../conformance/reduce.ts';
import { isUnsteady, type Outcome, repeatDiffering, unsteadyAllowed } from '../../conformance/repeat.ts';
import { compareTrials, generatedFile, type TrialDifference } from '../../conformance/trial.ts';
import { disagreements, istioctlVersion } from '../../conformance/validate.ts';
import { styled } from '../../lanes/paint.ts';
import { Failure } from '../../runtime/failure.ts';
import { stoppable } from '../../runtime/stoppable.ts';

interface ConformOptions {
  decisions?: string;
  rules?: string;
  seed: string;
  fresh?: true;
  context: string;
  slots: string;
  image: string;
  explained?: true;
  mutate?: boolean;
}

export function command(): Command {
  return new Command('conform')
    .summary('compare the local mesh with Istio on a cluster')
    .description(
      'Sends the same requests under the same rules to the local mesh and to Istio, and compares status, version, what arrived, what came back and how often upstreams were called. Works in namespaces of its own, which it takes away again.',
    )
    .argument('[case...]', 'names of files in conformance/cases; default: all')
    .option(
      '--decisions <number>',
      'generated requests to compare, with VirtualServices and as many with HTTPRoutes and GRPCRoutes; default: 2000, none beside named cases',
    )
    .option(
      '--rules <number>',
      'generated rules for istioctl validate; default: 1000, none beside named cases',
    )
    .addOption(
      new Option(
        '--seed <number>',
        'of what is generated: the same seed, the same rules and requests',
      ).default(String(gateSeed), `${gateSeed}, the one that gates a change`),
    )
    .addOption(
      new Option(
        '--fresh',
        'another seed each time, printed: to look for what nobody knows yet. What it finds becomes a case',
      ).conflicts('seed'),
    )
    .option('--explained', 'also holds what explain --context says of each request against where it went')
    .option('--context <name>', "of kubectl's configuration", 'kind-coloring')
    .option('--slots <number>', 'cases at the same time on the cluster, three proxies each', '6')
    .addOption(
      new Option('--image <name>', 'an image with Node 22.18 or newer, for the clients')
        .env(sources.node.instead.variable)
        .default(sources.node.at)
        .argParser(parseImage),
    )
    .option(
      '--mutate',
      'instead, without a cluster: fields that can be left out of their cases and nothing fails',
    )
    .action(run);
}

async function run(names: string[], options: ConformOptions): Promise<void> {
  const cases = await readConformanceCases(names).catch((error) => {
    throw error instanceof CaseError ? new Failure(error.message, 2) : error;
  });
  if (options.mutate) return printMutation(cases);
  const seed = options.fresh ? Math.floor(Math.random() * 1e9) : Number(options.seed);
  const isAll = names.length === 0;
  const decisions = Number(options.decisions ?? (isAll ? 2000 : 0));
  const rules = Number(options.rules ?? (isAll ? 1000 : 0));
  const signal = stoppable();
  await haveImage(options, signal);
  const start = performance.now();
  const cluster = await startCluster({
    context: options.context,
    slots: Number(options.slots),
    image: options.image,
    signal,
    onProgress: console.log,
  });
  // One connection for all that explain reads: a kubectl for each list costs more than all requests together.
  const api = options.explained ? await Kubernetes.connect(options.context) : undefined;
  const istio = api ? new ExplainedEngine(cluster, new ObjectReader(api)) : cluster;
  let local: Engine | undefined;
  let differences = 0;
  try {
    local = await startLocal();
    const channel = await channelAt(options.context);
    differences += await compareCases(runnable(cases, channel, options.context), local, istio, signal);
    if (decisions > 0) {
      differences += await compareGenerated(decisions, { seed, dialect: 'istio' }, local, istio);
      if (channel)
        differences += await compareGenerated(decisions, { seed, dialect: 'gateway' }, local, istio);
      else console.log(`- ${what.gateway} were not compared, ${noCrds(options.context)}`);
    }
    if (istio instanceof ExplainedEngine) printTold(istio);
    signal.throwIfAborted();
    if (rules > 0) differences += await compareValidation(rules, seed);
  } catch (error) {
    throw signal.aborted ? new Failure('Stopped; what it made on the cluster is taken away.') : error;
  } finally {
    await Promise.all([local?.close(), istio.close(), api?.close()]);
  }
  console.log(`${differences} differences in all, ${((performance.now() - start) / 1000).toFixed()} s`);
  if (differences > 0) process.exitCode = 1;
}

/** Other clusters pull it themselves. */
async function haveImage({ context, image }: ConformOptions, signal: AbortSignal): Promise<void> {
  const kindName = kindOf(context);
  if (!kindName) return;
  await runSteps([provideImage(kindName, image)], {
    dryRun: false,
    signal,
    wayOut: `Nothing was changed. Is the cluster there? npx coloring kind status --name ${kindName}; npx coloring kind up makes it`,
  });
}

async function printMutation(cases: readonly Case[]): Promise<void> {
  const local = await startLocal();
  try {
    const { notShown, seen } = await fieldsNotShown(cases, local);
    for (const [field, why] of Object.entries(unseen)) console.log(`- ${field}: ${why}`);
    for (const field of notShown) console.log(`${mark(false)} ${field}: no case fails without it`);
    for (const field of seen) console.log(`${mark(false)} ${field}: a case does show it`);
    const isRight = notShown.length + seen.length === 0;
    console.log(
      `${mark(isRight)} ${notShown.length} fields that no case shows the effect of, but for ${Object.keys(unseen).length} that none can`,
    );
    if (!isRight) process.exitCode = 1;
  } finally {
    await local.close();
  }
}

/** @returns how many differ */
async function compareCases(
  cases: readonly Case[],
  local: Engine,
  istio: Engine,
  signal: AbortSignal,
): Promise<number> {
  let withFlags = 0;
  const run = async (some: readonly Case[]) => {
    const results: { one: Case; problems: string[] }[] = [];
    for await (const { case: one, differences, unmet, hasFlags } of conform(some, local, istio)) {
      signal.throwIfAborted();
      const problems = [...differences, ...unmet, ...misjudgedIn(istio, one.file)];
      console.log(`${mark(problems.length === 0)} ${one.title} ${styled('dim', one.file)}`);
      for (const problem of problems) console.log(`    ${problem}`);
      if (hasFlags) withFlags++;
      results.push({ one, problems });
    }
    return results;
  };
  const firsts = await run(cases);
  const flags = withFlags;
  const outcomes = await repeatDiffering(firsts, async (some) => {
    console.log(`\nAgain, by themselves: ${some.length} that differed`);
    return (await run(some)).map(({ problems }) => problems);
  });
  const differing = printOutcomes(outcomes, ({ title }) => title);
  console.log(
    `${mark(differing === 0)} ${cases.length} cases, ${flags} with the response flags of the access logs, ${differing} with differences`,
  );
  return differing;
}

/** What explain --context said wrongly about the requests of this file. */
function misjudgedIn(istio: Engine, file: string): string[] {
  return istio instanceof ExplainedEngine ? istio.takeMisjudged(file) : [];
}

/** Names what differed again, and what never did again. @returns how many count as different */
function printOutcomes<T>(outcomes: readonly Outcome<T>[], nameOf: (one: T) => string): number {
  const unsteady = outcomes.filter(isUnsteady);
  for (const { one, first } of unsteady) {
    console.log(`${styled('yellow', '~')} unsteady, differed at first and never again: ${nameOf(one)}`);
    for (const problem of first) console.log(`    ${problem}`);
  }
  const differing = outcomes.filter(({ again }) => again.length > 0);
  for (const { one, again } of differing) {
    console.log(`${mark(false)} differs: ${nameOf(one)}`);
    for (const problem of again) console.log(`    ${problem}`);
  }
  if (unsteady.length <= unsteadyAllowed) return differing.length;
  console.log(
    `${mark(false)} ${unsteady.length} unsteady: more than the ${unsteadyAllowed} that may be chance`,
  );
  return differing.length + unsteady.length;
}

async function channelAt(context: string): Promise<Channel | undefined> {
  const api = await Kubernetes.connect(context);
  return channelOf(api).finally(() => api.close());
}

/** Without those for which the cluster has no CRDs, which are named. */
function runnable(cases: readonly Case[], channel: Channel | undefined, context: string): Case[] {
  const { runnable, lacking } = byCrds(cases, channel);
  if (lacking.length > 0) {
    const names = lacking.map(({ file }) => basename(file, '.yaml')).join(', ');
    console.log(`- not compared, ${noCrds(context)}: ${names}`);
  }
  return runnable;
}

/** Why, and how they get there. */
function noCrds(context: string): string {
  const name = kindOf(context);
  const how = name
    ? `npx coloring kind up ${name === 'coloring' ? '' : `--name ${name} `}--gateway-api-crds FILE`
    : 'kubectl apply --server-side --filename FILE';
  return `as the cluster has no CRDs of the Gateway API for them (${how}; \`retry\` is of the experimental channel)`;
}

const what: Readonly<Record<Dialect, string>> = {
  istio: 'generated decisions with VirtualServices',
  gateway: 'generated decisions with HTTPRoutes and GRPCRoutes',
};

/** @returns how many requests differ */
async function compareGenerated(
  decisions: number,
  { seed, dialect }: { seed: number; dialect: Dialect },
  local: Engine,
  istio: Engine,
): Promise<number> {
  const trials = generateTrials(seed, Math.ceil(decisions / requestsPerTrial), dialect);
  const compared = trials.length * requestsPerTrial;
  let misjudged: string[] = [];
  const run = async (some: readonly Trial[]) => {
    const found = await compareTrials(some, local, istio);
    misjudged = misjudgedIn(istio, generatedFile);
    return { found, problems: some.map((trial) => problemsOfTrial(found, trial)) };
  };
  const first = await run(trials);
  const firstMisjudged = misjudged;
  const outcomes = await repeatDiffering(
    trials.map((one, i) => ({ one, problems: first.problems[i] ?? [] })),
    async (some) => (await run(some)).problems,
  );
  // Which trial a misjudged request was of is not known: all are run again.
  const [said] = await repeatDiffering([{ one: trials, problems: firstMisjudged }], async ([all = []]) => {
    await run(all);
    return [misjudged];
  });
  const differing = printOutcomes(outcomes, (trial) => `generated ${JSON.stringify(trial.rule.spec)}`);
  const wrong = said ? printOutcomes([said], () => 'what explain --context says of generated decisions') : 0;
  console.log(
    `${mark(differing === 0)} ${compared} ${what[dialect]}, seed ${seed}: ${differing} rules with differences`,
  );
  const again = outcomes.find(({ again }) => again.length > 0);
  const example = again && first.found.find(({ trial }) => trial === again.one);
  if (example) {
    const smallest = await reduce(example, local, istio);
    console.log(`\nThe smallest that differs, for conformance/cases:\n\n${asCase(smallest, seed)}`);
    for (const difference of smallest.differences) console.log(`# ${difference}`);
  }
  return differing + wrong;
}

function problemsOfTrial(found: readonly TrialDifference[], trial: Trial): string[] {
  return found
    .filter((one) => one.trial === trial)
    .flatMap(({ request, differences }) =>
      differences.map((difference) => `${JSON.stringify(request)}: ${difference}`),
    );
}

async function compareValidation(count: number, seed: number): Promise<number> {
  if ((await istioctlVersion()) === undefined) {
    console.log('- istioctl is not there: whether it finds the same rules valid was not compared');
    return 0;
  }
  const found = await disagreements(generateRules(seed, count, await otherRules()));
  console.log(
    `${mark(found.length === 0)} ${count} generated rules at istioctl validate, ${found.length} judged differently`,
  );
  for (const { rule, local, istioctl } of found) {
    console.log(
      `    ${JSON.stringify(rule.spec)}\n      local mesh: ${local ?? 'valid'}\n      istioctl: ${istioctl ?? 'valid'}`,
    );
  }
  return found.length;
}

/** Of how many requests explain --context said where they go; those that went elsewhere are told as differences. */
function printTold({ told, notJudged }: ExplainedEngine): void {
  console.log(
    `- ${told} requests whose way explain --context told; ${notJudged} with a rule that it names as not judged`,
  );
}

function mark(isRight: boolean): string {
  return isRight ? styled('green', '✓') : styled('red', '✗');
}
