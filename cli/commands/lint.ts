/** `coloring lint`: what is wrong, or does not do what it says, in rules and lanes; for people and for pipelines. */
import { Argument, Command, Option } from 'commander';
import { Cluster } from '../../cluster/cluster.ts';
import { ObjectReader } from '../../cluster/objects.ts';
import { Shell } from '../../cluster/shell.ts';
import { lintMesh } from '../../explain/live/lint.ts';
import { readMesh } from '../../explain/live/live-mesh.ts';
import { notSeen } from '../../explain/live/snapshot.ts';
import { type Finding, type LintCode, lintCodes, severityOf } from '../../lanes/lint/finding.ts';
import { gitlabReport, sarifReport } from '../../lanes/lint/formats.ts';
import { formatFinding, lint } from '../../lanes/lint/lint.ts';
import { lintPage, readSections } from '../../lanes/lint/page.ts';
import { lanesOption, tellDemo } from '../../lanes/options.ts';
import { styled } from '../../lanes/paint.ts';
import { rootNamespace } from '../../mesh/routing/visibility.ts';
import { Failure } from '../../runtime/failure.ts';
import { projectVersion } from '../../runtime/project.ts';
import { stoppable } from '../../runtime/stoppable.ts';

interface LintOptions {
  lanes: string;
  format: 'text' | 'json' | 'gitlab' | 'sarif';
  json?: true;
  explain?: string;
  context?: string;
  namespace?: string[];
}

export function command(): Command {
  return new Command('lint')
    .summary('say what is wrong in rules and lanes, or does not do what it says')
    .description(
      `Reads lanes.yaml and the rules, and says all that start and explain would refuse or remark on, with file, line and a name that ${lintPage} explains. The exit code is 0 where nothing is to be said but notes, 1 otherwise, 2 where it cannot look.`,
    )
    .addArgument(
      new Argument(
        '[dir...]',
        'folders or files with rules; default: istio beside the lanes file, or what `coloring rules` makes of it',
      ),
    )
    .addOption(lanesOption())
    .addOption(
      new Option('--format <format>', 'gitlab: a code quality report; sarif: SARIF 2.1.0')
        .choices(['text', 'json', 'gitlab', 'sarif'])
        .default('text'),
    )
    .option('--json', 'the same as --format json')
    .option('--context <context>', "look at a running cluster, by kubectl's name for it, instead of files")
    .option('-n, --namespace <namespace...>', 'with --context: only rules of these namespaces')
    .option('--explain <name>', 'print what a name means and what to do')
    .addHelpText(
      'after',
      `
Examples:
  coloring lint
  coloring lint --format gitlab > gl-code-quality-report.json
  coloring lint rules more-rules --lanes shop.yaml
  coloring lint --context kind-coloring -n coloring
  coloring lint --explain subset-unknown`,
    )
    .action(run);
}

async function run(folders: readonly string[], options: LintOptions, command: Command): Promise<void> {
  const section = await readSections();
  if (options.explain !== undefined) {
    console.log(section(codeNamed(options.explain)));
    return;
  }
  if (options.context === undefined) tellDemo(command);
  const findings = await findingsOf(folders, options);
  const format = options.json ? 'json' : options.format;
  if (format === 'text') printText(findings);
  else console.log(JSON.stringify(report(format, findings, section), null, 2));
  if (findings.some(({ code }) => severityOf(code) !== 'note')) process.exitCode = 1;
}

async function findingsOf(
  folders: readonly string[],
  { context, namespace = [], lanes }: LintOptions,
): Promise<Finding[]> {
  if (context === undefined) return lint(lanes, folders);
  const shell = new Shell({ dryRun: false, say: () => {}, signal: stoppable() });
  const reader = new ObjectReader(new Cluster(context, shell));
  const mesh = await readMesh(reader, [...namespace, rootNamespace]);
  for (const line of notSeen(mesh.snapshot)) console.error(`not seen: ${line}`);
  return lintMesh(mesh, namespace);
}

function report(
  format: Exclude<LintOptions['format'], 'text'>,
  findings: readonly Finding[],
  section: Awaited<ReturnType<typeof readSections>>,
): unknown {
  if (format === 'gitlab') return gitlabReport(findings);
  if (format === 'sarif') return sarifReport(findings, projectVersion(), section);
  return findings.map((finding) => ({ severity: severityOf(finding.code), ...finding }));
}

function printText(findings: readonly Finding[]): void {
  const marks = { error: styled('red', '✗'), warning: styled('yellow', '!'), note: styled('dim', '·') };
  for (const finding of findings) console.log(`${marks[severityOf(finding.code)]} ${formatFinding(finding)}`);
  const [first] = findings;
  if (first) console.log(`\n${lintPage} explains the names; so does coloring lint --explain ${first.code}`);
  else console.log('nothing to say');
}

function codeNamed(name: string): LintCode {
  if (Object.hasOwn(lintCodes, name)) return name as LintCode;
  throw new Failure(`${name}: no such name (has: ${Object.keys(lintCodes).join(', ')})`, 2);
}
