/** `npm run lesson`: the lessons, each brought up, checked line by line, and left up to play with. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { type Engine, RulesRefused } from '../../check/engine.ts';
import { CaseError } from '../../check/format.ts';
import { startLocal } from '../../check/local/local.ts';
import { hasNginx } from '../../check/local/nginx.ts';
import { linesOf, problemsOf, tableOf } from '../../check/report.ts';
import { runCases } from '../../check/run.ts';
import { baseImageOption, clusterOption } from '../../cluster/settings.ts';
import { styled } from '../../lanes/paint.ts';
import { type Lesson, needsOf, readLessons } from '../../lessons/lesson.ts';
import { startLessonCluster } from '../../lessons/lesson-cluster.ts';
import { applyRules, layOut, playground } from '../../lessons/playground.ts';
import { ProgramPool } from '../../lessons/programs.ts';
import { formatAccessLog } from '../../mesh/proxy/access-log.ts';
import { Failure } from '../../runtime/failure.ts';
import { onStopSignal } from '../../runtime/stop-signal.ts';

interface LessonOptions {
  check?: true;
  fill?: true;
  apply?: string;
  log?: true;
  shuffle?: true;
  on?: 'kind';
  name: string;
  context?: string;
  baseImage: string;
  nginxImage?: string;
}

export function command(): Command {
  return new Command('lesson')
    .summary('the lessons: bring one up, check what it says, leave it up to play with')
    .description(
      'Without a number: which lessons there are, and what they need. With one: brings its world up, sends what its check.yaml says, prints a line for each expectation, and stays up. `all` checks every lesson.',
    )
    .argument('[lesson]', 'its number or name, or `all`')
    .option('--check', 'end after the check; the exit code is 0 when all is as the lesson says, 1 otherwise')
    .addOption(
      new Option('--on <where>', 'on Istio in the cluster that npm run kind:up makes').choices(['kind']),
    )
    .addOption(clusterOption())
    .option('--context <context>', "kubectl's name for another cluster; default: kind-NAME")
    .addOption(baseImageOption('what is built for the cluster'))
    .addOption(
      new Option('--nginx-image <image>', "nginx for the cluster; default: built from Debian's package").env(
        'NGINX_IMAGE',
      ),
    )
    .option('--fill', "check, and write the table of what was counted into the lesson's README")
    .option('--apply <file>', 'as kubectl apply: puts rules in force in the lesson that is up')
    .option('--shuffle', 'check in another order each time: no lesson needs what another has left')
    .option('--log', "print each proxy's access log, in Istio's format")
    .addHelpText(
      'after',
      `
Examples (npm hands on what follows the --):
  npm run lesson                                  the list
  npm run lesson -- 06                            bring lesson 06 up
  npm run lesson -- all                           check every lesson
  npm run lesson -- all --on kind                 check every lesson on Istio`,
    )
    .action(run);
}

async function run(name: string | undefined, options: LessonOptions): Promise<void> {
  if (options.apply !== undefined) {
    for (const line of await applyRules(options.apply)) console.log(line);
    return;
  }
  const lessons = await readLessons(name === undefined || name === 'all' ? [] : [name]).catch((error) => {
    throw error instanceof CaseError ? new Failure(error.message, 2) : error;
  });
  if (name === undefined) return list(lessons);
  if (options.shuffle) lessons.sort(() => Math.random() - 0.5);
  const isToPlay = !options.check && !options.fill && name !== 'all';
  if (options.on) return onCluster(lessons, isToPlay, options);
  const failed = await checkHere(lessons, options);
  if (failed > 0) process.exitCode = 1;
  const [only] = lessons;
  if (isToPlay && only && !only.check.needs) await play(only, options);
}

/** Checks them on the cluster, and leaves the one that is to be played with up until Ctrl-C. */
async function onCluster(
  lessons: readonly Lesson[],
  isToPlay: boolean,
  options: LessonOptions,
): Promise<void> {
  const { engine, signal, withoutNginx } = await startLessonCluster({
    ...options,
    needsNginx: lessons.some((lesson) => needsOf(lesson).nginx),
    needsGrpc: lessons.some(({ check }) => check.grpc.length > 0),
    slots: lessons.length > 1 ? 2 : 1,
  });
  const [only] = lessons;
  const stopped = Promise.withResolvers<'stopped'>();
  signal.addEventListener('abort', () => stopped.resolve('stopped'));
  const whyNot = (lesson: Lesson) => (needsOf(lesson).nginx ? withoutNginx : undefined);
  try {
    const failed = await Promise.race([checkOn(engine, lessons, options, whyNot), stopped.promise]);
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
  console.log('\nnpm run lesson -- 01 brings the first one up; lessons/README.md is the syllabus.');
}

/** @returns how many lessons are not as they say */
async function checkHere(lessons: readonly Lesson[], options: LessonOptions): Promise<number> {
  const programs = new ProgramPool();
  const engine = await startLocal({ capacity: 1, programs });
  try {
    return await checkOn(engine, lessons, options, whyNotHere);
  } finally {
    await engine.close();
    await programs.close();
  }
}

/** @param whyNot what a lesson needs that is not there; undefined where nothing is missing */
async function checkOn(
  engine: Engine,
  lessons: readonly Lesson[],
  { fill }: LessonOptions,
  whyNot: (lesson: Lesson) => Promise<string | undefined> | string | undefined,
): Promise<number> {
  const reasons = new Map<Lesson, string>();
  for (const lesson of lessons) {
    const reason = await whyNot(lesson);
    if (reason) reasons.set(lesson, reason);
  }
  const results = runCases(
    lessons.filter((lesson) => !reasons.has(lesson)).map(({ check }) => check),
    engine,
  );
  let failed = 0;
  for (const lesson of lessons) {
    const reason = reasons.get(lesson);
    const { value: result } = reason ? {} : await results.next();
    console.log(`\n${styled('bold', lesson.name)}`);
    if (!result) {
      console.log(`  ${styled('yellow', '-')} not run: ${reason}`);
      continue;
    }
    console.log([...linesOf(result), ...tableOf(result).map((line) => `  ${line}`)].join('\n'));
    if (fill) await fillTable(lesson, tableOf(result));
    const problems = problemsOf(result);
    for (const problem of problems) console.log(`  ${styled('red', '✗')} ${problem}`);
    if (problems.length > 0) failed++;
  }
  const notRun = reasons.size > 0 ? `, ${reasons.size} not run` : '';
  console.log(`\n${lessons.length} lessons on the ${engine.name}: ${failed} not as they say${notRun}`);
  return failed;
}

/** What a lesson needs that this computer has not. */
async function whyNotHere(lesson: Lesson): Promise<string | undefined> {
  const { cluster, nginx } = needsOf(lesson);
  if (cluster) return `needs a cluster: ${cluster}`;
  if (nginx && !(await hasNginx())) return 'needs nginx (Debian: apt-get install nginx-light)';
  return undefined;
}

/** Puts the table between the marks that the lesson's page has for it, if it has. */
async function fillTable({ folder }: Lesson, table: readonly string[]): Promise<void> {
  const page = join(folder, 'README.md');
  const text = await readFile(page, 'utf8');
  const filled = text.replace(/(<!-- table -->\n)[\s\S]*?(<!-- \/table -->)/, `$1${table.join('\n')}\n$2`);
  if (filled !== text) await writeFile(page, filled);
}

async function play(lesson: Lesson, { log }: LessonOptions): Promise<void> {
  const files = await layOut(lesson);
  const programs = new ProgramPool();
  const engine = await startLocal({
    capacity: 1,
    programs,
    ruleFile: files.rules,
    ports: { gateway: 8080, client: 8081, 'other-namespace': 8082, 'no-sidecar': 8083, nginx: 8088 },
    ...(log && { onAccessLog: (entry) => console.log(`${entry.proxy} ${formatAccessLog(entry)}`) }),
  });
  const site = await engine.open(lesson.check).catch((error: NodeJS.ErrnoException) => {
    const hint = 'another lesson or npm start is up: stop it first';
    throw error.code === 'EADDRINUSE' ? new Failure(`${error.message}; ${hint}`) : error;
  });
  if (site instanceof RulesRefused) throw new Failure(site.message);
  const stop = async () => {
    await site.close();
    await engine.close();
    await programs.close();
    await rm(playground, { recursive: true, force: true });
    process.exit(process.exitCode);
  };
  onStopSignal({ stop: () => void stop(), stopNow: () => process.exit(130) });
  const fronts = lesson.fronts.map(({ configuration }) => configuration);
  const open = (await site.openAll?.(fronts)) ?? [];
  await writeFile(files.outside, open.find(({ caller }) => caller === 'outside')?.url ?? '');
  const [first] = lesson.check.world.services;
  const service = `${first?.name}.${first?.namespace}:${first?.port}`;
  const frontNames = lesson.fronts.map(({ file }) => file);
  console.log(
    [
      '',
      `${lesson.folder}/README.md is what to do. From where to ask:`,
      ...open
        .filter(({ caller }) => caller !== 'outside')
        .map(({ caller, url }) => `  ${howToAsk(caller, url, service, frontNames)}`),
      `  the rules     ${files.rules}; a change takes effect at once`,
      `  one more      npm run lesson -- --apply ${lesson.folder}/FILE.yaml`,
      `  why           npm run explain -- --rules ${files.rules} --lanes ${files.lanes}`,
      '  to stop       Ctrl-C',
      '',
    ].join('\n'),
  );
}

function howToAsk(caller: string, url: string, service: string, fronts: string[]): string {
  const at = url.replace('http://127.0.0.1', 'localhost');
  if (caller === 'gateway') return `gateway       curl ${at}`;
  if (caller === 'nginx') return `nginx         curl ${at}   (${fronts.shift()})`;
  const words = { client: 'a sidecar', 'other-namespace': 'elsewhere', 'no-sidecar': 'no sidecar' }[caller];
  return `${words?.padEnd(13)} curl -x ${at} http://${service}/`;
}
