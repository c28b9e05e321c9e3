/** `coloring init`: a first lanes.yaml, from what is there already or from a few questions. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { Command, Option } from 'commander';
import { Cluster } from '../../cluster/cluster.ts';
import { CommandFailed, Shell } from '../../cluster/shell.ts';
import { draftFromCompose } from '../../lanes/init/compose.ts';
import { type Draft, formatDraft } from '../../lanes/init/draft.ts';
import { type DeploymentObject, draftFromNamespace, type ServiceObject } from '../../lanes/init/namespace.ts';
import { draftFromQuestions } from '../../lanes/init/questions.ts';
import { type Lanes, LanesError, parseLanes } from '../../lanes/lanes.ts';
import { Failure } from '../../runtime/failure.ts';
import { stoppable } from '../../runtime/stoppable.ts';
import { writeRules } from './rules.ts';

interface InitOptions {
  compose?: string[];
  fromNamespace?: string;
  context?: string;
  out: string;
  rules?: string;
  force?: true;
}

export function command(): Command {
  return new Command('init')
    .summary('write a first lanes.yaml')
    .description(
      'Writes a first lanes.yaml from docker compose files, from a namespace of a cluster, or from a few questions, and says what to do next.',
    )
    .option('--compose <file...>', 'files of docker compose, later ones over earlier ones')
    .option('--from-namespace <namespace>', 'Services and Deployments of a cluster, which are only read')
    .addOption(new Option('--context <context>', "kubectl's name for the cluster; default: its current one"))
    .option('--out <file>', 'the file to write', 'lanes.yaml')
    .option('--rules <folder>', 'write the Istio rules for it as well')
    .option('--force', 'write over files that are there')
    .addHelpText(
      'after',
      `
Examples:
  coloring init
  coloring init --compose compose.yaml
  coloring init --from-namespace shop --context staging --rules istio`,
    )
    .action(init);
}

async function init(options: InitOptions): Promise<void> {
  if (!options.force && existsSync(options.out))
    throw new Failure(`${options.out}: there already; --force writes over it, --out FILE writes another`, 2);
  const { draft, from } = await draftOf(options);
  if (draft.services.length === 0)
    throw new Failure(`${from}: no service that speaks HTTP was found. ${draft.remarks.join(' ')}`.trim(), 2);
  const text = formatDraft(draft, from);
  const lanes = parsedDraft(text, options.out);
  await writeFile(options.out, text);
  console.log(`${options.out}\n\n${text}`);
  if (options.rules !== undefined) await writeRules(options.rules, lanes, options.force ?? false);
  console.log(whatNext(lanes, options));
}

/** Where docker compose looks: https://docs.docker.com/compose/intro/compose-application-model/ */
const composeNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

async function draftOf(options: InitOptions): Promise<{ draft: Draft; from: string }> {
  if (options.compose && options.fromNamespace)
    throw new Failure('--compose or --from-namespace: one of the two', 2);
  if (options.compose)
    return { draft: await composeDraft(options.compose, options.out), from: options.compose.join(', ') };
  const { fromNamespace: namespace } = options;
  if (namespace !== undefined)
    return {
      draft: await namespaceDraft(namespace, options.context).catch(refuse),
      from: `namespace ${namespace}`,
    };
  const [file] = composeNames.filter((name) => existsSync(name));
  if (file) console.error(`${file} lies here: coloring init --compose ${file} takes the services from it`);
  return { draft: await askedDraft(), from: 'your answers' };
}

async function composeDraft(files: readonly string[], out: string): Promise<Draft> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  try {
    return draftFromCompose(texts, relative(dirname(out), dirname(files[0] as string)));
  } catch (error) {
    throw new Failure(`${files.join(', ')}: ${(error as Error).message}`, 2);
  }
}

/** kubectl says why itself. */
function refuse(error: unknown): never {
  if (!(error instanceof CommandFailed)) throw error;
  throw new Failure(`${error.message}\nnothing was written; --context names a cluster that kubectl knows`, 2);
}

async function namespaceDraft(namespace: string, context: string | undefined): Promise<Draft> {
  const shell = new Shell({ dryRun: false, say: () => {}, signal: stoppable() });
  const current = context ?? (await shell.run('kubectl', ['config', 'current-context'])).trim();
  const cluster = new Cluster(current, shell);
  const get = async <T>(kind: string): Promise<T[]> => {
    const text = await cluster.kubectl(['get', kind, '--namespace', namespace, '-o', 'json']);
    return (JSON.parse(text) as { items: T[] }).items;
  };
  const services = await get<ServiceObject>('services');
  return draftFromNamespace(namespace, services, await get<DeploymentObject>('deployments'));
}

/** From a terminal, or line by line from what is piped in. */
async function askedDraft(): Promise<Draft> {
  const lines = createInterface({ input: process.stdin });
  const answers: string[] = [];
  let isOver = false;
  lines.on('line', (line) => answers.push(line));
  lines.once('close', () => {
    isOver = true;
  });
  try {
    return await draftFromQuestions(async (question) => {
      process.stdout.write(question);
      while (answers.length === 0 && !isOver) await Promise.race([once(lines, 'line'), once(lines, 'close')]);
      const answer = answers.shift();
      if (answer === undefined) throw new Failure('\nno answer any more; nothing was written', 2);
      return answer.trim();
    });
  } finally {
    lines.close();
  }
}

/** A draft that lanes.yaml does not take is told as its own mistakes are. */
function parsedDraft(text: string, file: string): Lanes {
  try {
    return parseLanes(text, file);
  } catch (error) {
    if (!(error instanceof LanesError)) throw error;
    throw new Failure(
      `${error.message}\nnothing was written; this is what it would have been:\n\n${text}`,
      2,
    );
  }
}

function whatNext(lanes: Lanes, { out, rules }: InitOptions): string {
  const lanesFlag = out === 'lanes.yaml' ? '' : ` --lanes ${out}`;
  const [service] = lanes.services;
  const own = lanes.services.filter(({ versions }) => versions.some(({ run }) => run.type === 'stand-in'));
  const [answered, unspoken] = [true, false].map((isHttp) =>
    own.filter(({ protocol }) => (protocol === 'http') === isHttp).map(({ name }) => name),
  ) as [string[], string[]];
  return [
    'Next:',
    ...(unspoken.length > 0
      ? [
          `- ${unspoken.join(', ')}: no stand-in speaks HTTP/2: say how yours is started, run: COMMAND, or where it runs, url: http://HOST:PORT`,
        ]
      : []),
    ...(answered.length > 0
      ? [`- stand-ins answer for ${answered.join(', ')}: say how yours is started, run: COMMAND`]
      : []),
    `- a branch is one more version: versions: [${service?.baseline}, BRANCH]`,
    `- coloring start${lanesFlag} runs them in lanes and shows where each colour goes`,
    rules === undefined
      ? `- the rules are made from it; coloring rules${lanesFlag} prints them`
      : `- coloring lint ${rules}${lanesFlag} looks whether rules and lanes fit together`,
  ].join('\n');
}
