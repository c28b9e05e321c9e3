/** `npx coloring conform`: the same rules and requests on the local mesh and on Istio; every answer has to be the same. */
import { basename } from 'node:path';
import { Command, Option } from 'commander';
import { type Case, CaseError } from '../../check/format.ts';
import { byCrds } from '../../check/istio/gateway-api-crds.ts';
import { startLocal } from '../../check/local/local.ts';
import { kindContext, kindOf, provideImage } from '../../cluster/kind.ts';
import { parseImage } from '../../cluster/option-values.ts';
import { sources } from '../../cluster/sources.ts';
import { runSteps } from '../../cluster/steps.ts';
import { compareCases } from '../../conformance/compare-cases.ts';
import { compareGenerated } from '../../conformance/compare-generated.ts';
import { type Engines, type StartedEngines, startEngines } from '../../conformance/engines.ts';
import { ExplainedEngine } from '../../conformance/explained.ts';
import { otherRules, readConformanceCases } from '../../conformance/files.ts';
import { gateSeed } from '../../conformance/gate-seed.ts';
import type { Dialect } from '../../conformance/generate.ts';
import { generateRules } from '../../conformance/generate-invalid.ts';
import { fieldsNotShown } from '../../conformance/mutate.ts';
import { asCase } from '../../conformance/paste.ts';
import { reduce } from '../../conformance/reduce.ts';
import { type Outcome, weigh } from '../../conformance/repeat.ts';
import {
  disagreementLines,
  generated,
  indented,
  judged,
  mutationLines,
  noCrds,
  outcomeLines,
} from '../../conformance/report.ts';
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
    .option('--context <name>', "of kubectl's configuration", kindContext())
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
  const { context, image } = options;
  const signal = stoppable();
  await haveImage(options, signal);
  const start = performance.now();
  const clusterOptions = { context, slots: Number(options.slots), image, signal, onProgress: console.log };
  let engines: StartedEngines | undefined;
  let differences = 0;
  try {
    engines = await startEngines(clusterOptions, options.explained ?? false);
    const { channel, istio } = engines;
    const { runnable, lacking } = byCrds(cases, channel);
    if (lacking.length > 0) {
      const files = lacking.map(({ file }) => basename(file, '.yaml')).join(', ');
      console.log(`- not compared, ${noCrds(context)}: ${files}`);
    }
    differences += await printCases(runnable, engines, signal);
    if (decisions > 0) {
      differences += await printGenerated({ decisions, seed, dialect: 'istio' }, engines);
      if (channel) differences += await printGenerated({ decisions, seed, dialect: 'gateway' }, engines);
      else console.log(`- ${generated.gateway} were not compared, ${noCrds(context)}`);
    }
    if (istio instanceof ExplainedEngine) printTold(istio);
    signal.throwIfAborted();
    if (rules > 0) differences += await printValidation(rules, seed);
  } catch (error) {
    throw signal.aborted ? new Failure('Stopped; what it made on the cluster is taken away.') : error;
  } finally {
    await engines?.close();
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
    const result = await fieldsNotShown(cases, local);
    for (const line of mutationLines(result)) console.log(line);
    if (result.notShown.length + result.seen.length > 0) process.exitCode = 1;
  } finally {
    await local.close();
  }
}

/** @returns how many differ, as all that follow */
async function printCases(cases: readonly Case[], engines: Engines, signal: AbortSignal): Promise<number> {
  const { outcomes, withFlags } = await compareCases(cases, engines, {
    signal,
    onCase: (one, problems) => {
      console.log(judged(problems.length === 0, `${one.title} ${styled('dim', one.file)}`));
      for (const problem of problems) console.log(indented(problem));
    },
    onRepeat: (count) => console.log(`\nAgain, by themselves: ${count} that differed`),
  });
  const count = printOutcomes(outcomes, ({ title }) => title);
  const flags = `${withFlags} with the response flags of the access logs`;
  console.log(judged(count === 0, `${cases.length} cases, ${flags}, ${count} with differences`));
  return count;
}

function printOutcomes<T>(outcomes: readonly Outcome<T>[], nameOf: (one: T) => string): number {
  for (const line of outcomeLines(outcomes, nameOf)) console.log(line);
  return weigh(outcomes).count;
}

async function printGenerated(
  asked: { decisions: number; seed: number; dialect: Dialect },
  engines: Engines,
): Promise<number> {
  const { seed, dialect } = asked;
  const { requests, outcomes, explained, example, shaken } = await compareGenerated(asked, engines);
  if (shaken > 0) console.log(`- ${shaken} rules were unsteady at once, and all were compared anew`);
  const differing = printOutcomes(outcomes, (trial) => `generated ${JSON.stringify(trial.rule.spec)}`);
  const misjudged = printOutcomes(explained, () => 'what explain --context says of generated decisions');
  const sum = `${requests} ${generated[dialect]}, seed ${seed}: ${differing} rules with differences`;
  console.log(judged(differing === 0, sum));
  if (example) {
    const smallest = await reduce(example, engines.local, engines.istio);
    console.log(`\nThe smallest that differs, for conformance/cases:\n\n${asCase(smallest, seed)}`);
    for (const difference of smallest.differences) console.log(`# ${difference}`);
  }
  return differing + misjudged;
}

async function printValidation(count: number, seed: number): Promise<number> {
  if ((await istioctlVersion()) === undefined) {
    console.log('- istioctl is not there: whether it finds the same rules valid was not compared');
    return 0;
  }
  const found = await disagreements(generateRules(seed, count, await otherRules()));
  const sum = `${count} generated rules at istioctl validate, ${found.length} judged differently`;
  console.log(judged(found.length === 0, sum));
  for (const line of found.flatMap(disagreementLines)) console.log(line);
  return found.length;
}

/** Of how many requests explain --context said where they go; those that went elsewhere are told as differences. */
function printTold({ told, notJudged }: ExplainedEngine): void {
  console.log(
    `- ${told} requests whose way explain --context told; ${notJudged} with a rule that it names as not judged`,
  );
}
