/** A lesson as its folder has it: check.yaml is the case, rules.yaml what is in force before the first request. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, CaseError, parseCase, type Step } from '../check/format.ts';
import { typed } from '../runtime/project.ts';
import { findLesson } from './find.ts';

const folder = fileURLToPath(new URL('./', import.meta.url));

export interface Lesson {
  /** `06-the-colour` */
  name: string;
  /** As seen from where the command was given. */
  folder: string;
  check: Case;
  /** Files of the server blocks of the nginx in front, in the order of the steps. */
  fronts: readonly Front[];
}

interface Front {
  file: string;
  configuration: string;
}

/** All lessons in order, or those that `asked` means, each in one of the ways of {@link findLesson}. @throws CaseError */
export async function readLessons(asked: readonly string[] = []): Promise<Lesson[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const all = entries
    .filter((entry) => entry.isDirectory() && /^\d\d-/.test(entry.name))
    .map((entry) => entry.name)
    .sort();
  const found = asked.map((one) => ({ one, ...findLesson(one, all) }));
  const unknown = found.flatMap((answer) => ('candidates' in answer ? [answer] : []));
  if (unknown.length > 0) throw new CaseError(unknown.map(noLesson));
  const chosen = found.flatMap((answer) => ('found' in answer ? answer.found : []));
  const names = asked.length === 0 ? all : all.filter((name) => chosen.includes(name));
  return Promise.all(names.map((name) => readLesson(name, relative('.', join(folder, name)))));
}

function noLesson({ one, candidates }: { one: string; candidates: readonly string[] }): string {
  if (candidates.length === 0) return `there is no lesson ${one}: ${typed('lesson')} lists them`;
  return `there is no lesson ${one}; did you mean ${candidates.join(' or ')}?`;
}

/** Whether the local mesh runs it, or why not. */
export function needsOf({ check, fronts }: Lesson): { cluster?: string; nginx: boolean } {
  return { ...(check.needs && { cluster: check.needs.cluster }), nginx: fronts.length > 0 };
}

/** The lesson in the folder `path`. @throws CaseError */
export async function readLesson(name: string, path: string): Promise<Lesson> {
  const check = parseCase(await readFile(join(path, 'check.yaml'), 'utf8'), join(path, 'check.yaml'));
  const rulesFile = join(path, 'rules.yaml');
  const files = new Set(await readdir(path));
  const rules = files.has('rules.yaml') ? await readFile(rulesFile, 'utf8') : '';
  const steps = await Promise.all(
    check.steps.map(async (step): Promise<Step> => {
      if ('apply' in step)
        return { ...step, apply: await textOf(step, step.apply, path, files), file: step.apply };
      if ('watch' in step)
        return { ...step, watch: await textOf(step, step.watch, path, files), file: step.watch };
      if (!('send' in step) || step.nginx === undefined) return step;
      return { ...step, nginx: await textOf(step, step.nginx, path, files) };
    }),
  );
  const fronts = new Map<string, string>();
  for (const [i, step] of check.steps.entries()) {
    const read = steps[i];
    if ('send' in step && step.nginx !== undefined && read && 'send' in read)
      fronts.set(step.nginx, read.nginx ?? '');
  }
  const later = steps.flatMap((step) => ('apply' in step ? [step.apply] : []));
  return {
    name,
    folder: path,
    check: { ...check, rules, rulesFile, later, fronts: [...fronts.values()], steps },
    fronts: [...fronts].map(([file, configuration]) => ({ file, configuration })),
  };
}

/** The file that a step names, beside the check. */
async function textOf(step: Step, name: string, path: string, files: ReadonlySet<string>): Promise<string> {
  if (files.has(name)) return readFile(join(path, name), 'utf8');
  const { file, line } = step.place;
  throw new CaseError([
    `${file}:${line}: ${path} has no file ${JSON.stringify(name)} (has: ${[...files].join(', ')})`,
  ]);
}
