/** Checks lessons one after the other, and prints a line for each expectation. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../check/engine.ts';
import { hasNginx } from '../check/local/nginx.ts';
import { linesOf, problemsOf, tableOf } from '../check/report.ts';
import { runCases } from '../check/run.ts';
import { styled } from '../lanes/paint.ts';
import { type Lesson, needsOf } from './lesson.ts';

interface CheckOptions {
  /** Writes the table of what was counted into the lesson's page. */
  fill?: true;
  /** What a lesson needs that is not there; undefined where nothing is missing. */
  whyNot: (lesson: Lesson) => Promise<string | undefined> | string | undefined;
}

/** @returns how many lessons are not as they say */
export async function checkLessons(
  engine: Engine,
  lessons: readonly Lesson[],
  { fill, whyNot }: CheckOptions,
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
  console.log(
    `\n${lessons.length} lesson${lessons.length === 1 ? '' : 's'} on the ${engine.name}: ${failed} not as they say${notRun}`,
  );
  return failed;
}

/** What a lesson needs that this computer has not. */
export async function whyNotHere(lesson: Lesson): Promise<string | undefined> {
  const { cluster, nginx } = needsOf(lesson);
  if (cluster) return `needs a cluster: ${cluster}`;
  if (nginx && !(await hasNginx()))
    return 'needs nginx (Debian: apt-get install nginx-light; macOS: brew install nginx)';
  return undefined;
}

/** Puts the table between the marks that the lesson's page has for it, if it has. */
async function fillTable({ folder }: Lesson, table: readonly string[]): Promise<void> {
  const page = join(folder, 'README.md');
  const text = await readFile(page, 'utf8');
  const filled = text.replace(/(<!-- table -->\n)[\s\S]*?(<!-- \/table -->)/, `$1${table.join('\n')}\n$2`);
  if (filled !== text) await writeFile(page, filled);
}
