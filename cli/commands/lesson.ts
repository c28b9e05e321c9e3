/** `npm run lesson`: the lessons, each brought up, checked line by line, and left up to play with. */
import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { type Engine, RulesRefused } from '../../check/engine.ts';
import { CaseError } from '../../check/format.ts';
import { startLocal } from '../../check/local/local.ts';
import { parseImage } from '../../cluster/option-values.ts';
import { baseImageOption, clusterOption } from '../../cluster/settings.ts';
import { portOption } from '../../lanes/gateway-port.ts';
import { styled } from '../../lanes/paint.ts';
import { checkLessons, whyNotHere } from '../../lessons/check-lessons.ts';
import { type Lesson, needsOf, readLessons } from '../../lessons/lesson.ts';
import { startLessonCluster } from '../../lessons/lesson-cluster.ts';
import { giveOrder, type Order } from '../../lessons/orders.ts';
import { playground, playgroundFiles } from '../../lessons/playground.ts';
import { ProgramPool } from '../../lessons/programs.ts';
import { RunningLesson } from '../../lessons/running-lesson.ts';
import { type LogForm, logOption } from '../../local/access-logs.ts';
import { Failure } from '../../runtime/failure.ts';
import { isPackage, projectPath, typed } from '../../runtime/project.ts';
import { onStopSignal } from '../../runtime/stop-signal.ts';

interface LessonOptions {
  /** True: end after it; false: leave it out. */
  check?: boolean;
  fill?: true;
  apply?: string;
  delete?: string;
  log?: LogForm;
  port: number;
  shuffle?: true;
  on?: 'kind';
  name: string;
  context?: string;
  baseImage: string;
  nginxImage?: string;
}

const examples = [
  ['', 'the list'],
  ['06', 'bring lesson 06 up'],
  ['colour --no-check', 'the same by a word of its name, and find out yourself'],
  ['--log short', 'in another terminal: show its access logs, for a projector'],
  ['all', 'check every lesson'],
  ['all --on kind', 'check every lesson on Istio'],
] as const;

export function command(): Command {
  return new Command('lesson')
    .summary('the lessons: bring one up, check what it says, leave it up to play with')
    .description(
      'Without a number: which lessons there are, and what they need. With one: brings its world up, sends what its check.yaml says, prints a line for each expectation, and stays up. `all` checks every lesson.',
    )
    .argument('[lesson]', 'its number or name, or `all`')
    .option('--check', 'end after the check; the exit code is 0 when all is as the lesson says, 1 otherwise')
    .option('--no-check', 'bring it up without the check, which gives the answers away')
    .addOption(
      portOption('port of the gateway; the sidecars, the client without one and nginx count from it'),
    )
    .addOption(
      new Option('--on <where>', 'on Istio in the cluster that npx coloring kind up makes').choices(['kind']),
    )
    .addOption(clusterOption())
    .option('--context <context>', "kubectl's name for another cluster; default: kind-NAME")
    .addOption(baseImageOption('what is built for the cluster'))
    .addOption(
      new Option('--nginx-image <image>', "nginx for the cluster; default: built from Debian's package")
        .env('NGINX_IMAGE')
        .argParser(parseImage),
    )
    .option('--fill', "check, and write the table of what was counted into the lesson's README")
    .option(
      '--apply <file>',
      'as kubectl apply: puts rules in force in the lesson that is up; returns when they are',
    )
    .addOption(
      new Option(
        '--delete <file>',
        'as kubectl delete: takes the rules of a file away; returns when they are out of force',
      ).conflicts('apply'),
    )
    .option('--shuffle', 'check in another order each time: no lesson needs what another has left')
    .addOption(logOption('; without a lesson: in the one that is up, from now on'))
    .addHelpText(
      'after',
      `
Examples${isPackage ? '' : ' (npm hands on what follows the --)'}:
${examples.map(([args, what]) => `  ${typed('lesson', args).padEnd(46)}  ${what}`).join('\n')}`,
    )
    .action(run);
}

async function run(name: string | undefined, options: LessonOptions): Promise<void> {
  const { apply, delete: taken, log } = options;
  if (apply !== undefined) return order(await change('apply', apply));
  if (taken !== undefined) return order(await change('delete', taken));
  if (name === undefined && log !== undefined) return order({ what: 'log', form: log });
  const found = await readLessons(name === undefined || name === 'all' ? [] : [name]).catch((error) => {
    throw error instanceof CaseError ? new Failure(error.message, 2) : error;
  });
  if (name === undefined) return list(found);
  const lessons = options.shuffle ? shuffled(found) : found;
  const isToPlay = options.check !== true && !options.fill && name !== 'all';
  if (options.on) return onCluster(lessons, isToPlay, options);
  const [only] = lessons;
  if (isToPlay && only) return play(only, options);
  onStopSignal({ stop: () => process.exit(130), stopNow: () => process.exit(130) });
  const programs = new ProgramPool();
  try {
    if ((await checkHere(lessons, programs, options)) > 0) process.exitCode = 1;
  } finally {
    await programs.close();
  }
}

async function change<What extends 'apply' | 'delete'>(what: What, file: string) {
  return { what, file, text: await readFile(file, 'utf8') };
}

/** Tells it to the lesson that is up. */
async function order(what: Order): Promise<void> {
  for (const line of await giveOrder(playground(), what)) console.log(line);
}

/** Checks them on the cluster, and leaves the one that is to be played with up until Ctrl-C. */
async function onCluster(
  lessons: readonly Lesson[],
  isToPlay: boolean,
  options: LessonOptions,
): Promise<void> {
  const { engine, signal, whyNot } = await startLessonCluster(lessons, options);
  const [only] = lessons;
  const stopped = Promise.withResolvers<'stopped'>();
  signal.addEventListener('abort', () => stopped.resolve('stopped'));
  try {
    const checked =
      options.check === false
        ? Promise.resolve(0)
        : checkLessons(engine, lessons, { whyNot, ...(options.fill && { fill: options.fill }) });
    const failed = await Promise.race([checked, stopped.promise]);
    if (failed === 'stopped') throw new Failure('Stopped; all of it is taken away.');
    if (failed > 0) process.exitCode = 1;
    if (isToPlay && only && !whyNot(only)) {
      await Promise.race([playOnCluster(engine, only), stopped.promise]);
      await stopped.promise;
    }
  } finally {
    await engine.close();
  }
}

async function playOnCluster(engine: Engine, lesson: Lesson): Promise<void> {
  const site = await engine.open(lesson.check);
  if (site instanceof RulesRefused) throw new Failure(site.message);
  const open = (await site.openAll?.(lesson.fronts.map(({ configuration }) => configuration))) ?? [];
  const frontNames = lesson.fronts.map(({ file }) => file);
  console.log(
    [
      '',
      `${lesson.folder}/README.md is what to do, here with these names. From where to ask:`,
      ...open.map(
        ({ caller, url }) =>
          `  ${caller.padEnd(15)} ${url}${caller === 'nginx' ? `   (${frontNames.shift()})` : ''}`,
      ),
      '  to stop         Ctrl-C takes all of it away',
      '',
    ].join('\n'),
  );
}

async function list(lessons: readonly Lesson[]): Promise<void> {
  const width = Math.max(...lessons.map(({ name }) => name.length));
  for (const lesson of lessons) {
    const { cluster, nginx } = needsOf(lesson);
    const needs = [cluster && `a cluster: ${cluster}`, nginx && 'nginx'].filter(Boolean).join(', ');
    console.log(
      `${lesson.name.padEnd(width)}  ${lesson.check.title}${needs ? styled('dim', ` (needs ${needs})`) : ''}`,
    );
  }
  console.log(
    `\n${typed('lesson', '01')} brings the first one up; ${projectPath('lessons/README.md')} is the syllabus.`,
  );
}

/** Checks them on the local mesh. @returns how many are not as they say */
async function checkHere(
  lessons: readonly Lesson[],
  programs: ProgramPool,
  { fill }: LessonOptions,
): Promise<number> {
  const engine = await startLocal({ capacity: 1, programs });
  try {
    return await checkLessons(engine, lessons, { whyNot: whyNotHere, ...(fill && { fill }) });
  } finally {
    await engine.close();
  }
}

/** Brings one lesson up, checked first unless nobody wants to know yet, and leaves it up until Ctrl-C. */
async function play(lesson: Lesson, options: LessonOptions): Promise<void> {
  const missing = await whyNotHere(lesson);
  if (missing) throw new Failure(`${lesson.name} ${missing}`, 2);
  const folder = playground();
  const programs = new ProgramPool();
  const { port, log, check } = options;
  const running = await RunningLesson.claim({ lesson, port, folder, programs, log, say: console.log });
  const stop = async () => {
    await running.close();
    await programs.close();
  };
  onStopSignal({
    stop: () => void stop().then(() => process.exit(process.exitCode)),
    stopNow: () => process.exit(130),
  });
  try {
    if (check !== false && (await checkHere([lesson], programs, options)) > 0) process.exitCode = 1;
    const open = await running.bringUp();
    console.log(invitation(lesson, folder, open));
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Each order as likely as any other. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  const drawn = items.map((item) => ({ item, at: Math.random() }));
  return drawn.sort((one, other) => one.at - other.at).map(({ item }) => item);
}

function invitation(lesson: Lesson, folder: string, open: { caller: string; url: string }[]): string {
  const { rules, lanes } = playgroundFiles(folder);
  const [first] = lesson.check.world.services;
  const service = `${first?.name}.${first?.namespace}:${first?.port}`;
  const frontNames = lesson.fronts.map(({ file }) => file);
  return [
    '',
    `${lesson.folder}/README.md is what to do. From where to ask:`,
    ...open.map(({ caller, url }) => `  ${howToAsk(caller, url, service, frontNames)}`),
    `  the rules     ${rules}; a change takes effect at once`,
    `  one more      ${typed('lesson', `--apply ${lesson.folder}/FILE.yaml`)}`,
    `  the logs      ${typed('lesson', '--log short')}`,
    `  why           npx coloring explain --rules ${rules} --lanes ${lanes}`,
    '  to stop       Ctrl-C',
    '',
  ].join('\n');
}

function howToAsk(caller: string, url: string, service: string, fronts: string[]): string {
  const at = url.replace('http://127.0.0.1', 'localhost');
  if (caller === 'gateway') return `gateway       curl ${at}`;
  if (caller === 'nginx') return `nginx         curl ${at}   (${fronts.shift()})`;
  const words = { client: 'a sidecar', 'other-namespace': 'elsewhere', 'no-sidecar': 'no sidecar' }[caller];
  return `${words?.padEnd(13)} curl -x ${at} http://${service}/`;
}
