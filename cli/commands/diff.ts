/** `coloring diff`: what a change of rules would do to those who send requests, before it is applied. */
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { Cluster } from '../../cluster/cluster.ts';
import { ObjectReader } from '../../cluster/objects.ts';
import { Shell } from '../../cluster/shell.ts';
import { allowanceFile, judgeBy, readAllowances } from '../../explain/diff/allow.ts';
import { type Before, isLookedAt, readBefore } from '../../explain/diff/before.ts';
import { diff } from '../../explain/diff/diff.ts';
import { codeQuality, githubAnnotations } from '../../explain/diff/formats.ts';
import { diffAsData, printDiff } from '../../explain/diff/print.ts';
import { pruned } from '../../explain/diff/prune.ts';
import { readWritten, type WrittenObject } from '../../explain/diff/written.ts';
import { rootNamespace } from '../../mesh/routing/visibility.ts';
import { Failure } from '../../runtime/failure.ts';
import { stoppable } from '../../runtime/stoppable.ts';

interface DiffOptions {
  context?: string;
  against?: string[];
  namespace: string;
  prune?: true;
  selector?: string;
  allow: string[];
  allowFile?: string;
  codeQuality?: string;
  json?: true;
}

export function command(): Command {
  return new Command('diff')
    .summary('say what a change of rules takes away from whom, before it is applied')
    .description(
      'Compares what there is with what there would be after kubectl apply, by deciding requests of every kind on both sides: who serves each colour at the gateway and inside the mesh. The exit code is 0 where nothing is taken away from anybody or all of it is declared, 1 otherwise, 2 where it cannot look.',
    )
    .argument('<dir...>', 'folders or files with what would be applied; - is standard input')
    .option('--context <context>', "what a running cluster has, by kubectl's name for it")
    .option(
      '--against <dir...>',
      'instead of a cluster: folders or files; what they have and <dir> lacks goes',
    )
    .option('-n, --namespace <namespace>', 'of objects that name none', 'default')
    .option('--prune', 'with --context: what the cluster has of the same owner and <dir> lacks goes')
    .addOption(
      new Option(
        '-l, --selector <labels>',
        'with --prune: of these labels, app=shop, instead of the same owner',
      ),
    )
    .option(
      '--allow <name>',
      'declare what is taken away: service-b/release-v1; a star stands for anything',
      add,
      [],
    )
    .option('--allow-file <file>', `declarations, a line each; default: ${allowanceFile} in <dir>`)
    .option('--code-quality <file>', "write GitLab's report of it into this file too")
    .option('--json', 'the same as data')
    .addHelpText(
      'after',
      `
Examples:
  coloring diff rules --context kind-coloring
  coloring diff rules --against ../main/rules
  coloring diff rules --context kind-coloring --allow 'service-b/release-v1'
  helm template web-routes charts/routes --values web.yaml | coloring diff - --context kind-coloring --prune`,
    )
    .action(run);
}

function add(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

async function run(paths: readonly string[], options: DiffOptions): Promise<void> {
  const { context, against, namespace, prune, selector, allow, allowFile } = options;
  if ((context === undefined) === (against === undefined)) {
    throw new Failure('Say what to compare with: --context CONTEXT of a cluster, or --against DIR', 2);
  }
  if (against && prune)
    throw new Failure('--prune is for --context: what --against has and DIR lacks goes anyway', 2);
  if (selector !== undefined && !prune) throw new Failure('-l says what --prune removes: add --prune', 2);
  const all = await readWritten(paths, namespace);
  const written = all.filter(({ object }) => isLookedAt(object));
  const allowances = await readAllowances(allow, allowFile, paths);
  const before =
    context === undefined ? await beforeIn(against ?? [], namespace) : await beforeOf(context, namespace);
  const goes = against ? () => true : prune ? pruned(written, selector) : () => false;
  const found = diff({ before: before.objects, written, goes, ...before });
  const judged = judgeBy(found.effects, allowances);
  const told = { diff: found, judged, besides: besides(all), notSeen: before.notSeen };
  console.log(options.json ? JSON.stringify(diffAsData(told), null, 2) : printDiff(told));
  if (options.codeQuality !== undefined)
    await writeFile(options.codeQuality, JSON.stringify(codeQuality(told), null, 2));
  // GitHub reads them out of the log.
  if (process.env.GITHUB_ACTIONS === 'true' && !options.json)
    for (const line of githubAnnotations(told)) console.log(line);
  if (judged.taken.some(({ allowed }) => !allowed)) process.exitCode = 1;
}

/** `2 ConfigMap` */
function besides(all: readonly WrittenObject[]): string[] {
  const others = all.filter(({ object }) => !isLookedAt(object));
  return [...Map.groupBy(others, ({ object }) => object.kind)].map(
    ([kind, { length }]) => `${length} ${kind}`,
  );
}

async function beforeIn(paths: readonly string[], namespace: string): Promise<Before> {
  const written = await readWritten(paths, namespace);
  return {
    objects: written.map(({ object }) => object).filter(isLookedAt),
    meshConfig: {},
    isWhole: false,
    notSeen: [],
  };
}

/** Reads and never changes. */
function beforeOf(context: string, namespace: string): Promise<Before> {
  const shell = new Shell({ dryRun: false, say: () => {}, signal: stoppable() });
  return readBefore(new ObjectReader(new Cluster(context, shell)), [namespace, rootNamespace]);
}
