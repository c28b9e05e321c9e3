/** The files of the lesson that is up: what is in force, for people, for `explain` and for `proxy-config`. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RuleObject, toYaml } from '../check/world.ts';
import { formatLanes } from '../lanes/format.ts';
import { readLanes } from '../lanes/lanes.ts';
import { styled } from '../lanes/paint.ts';
import { remarksOn } from '../lanes/rules.ts';
import { formatRemark } from '../mesh/remarks/remarks.ts';
import { parseRules } from '../mesh/rules/load.ts';
import { formatProblem } from '../mesh/rules/problem.ts';
import { readObjects } from '../mesh/rules/source.ts';
import { Failure } from '../runtime/failure.ts';
import type { Lesson } from './lesson.ts';

/** Where they are, as the pages of the lessons name it. */
export const playground = '.lesson';

interface PlaygroundFiles {
  rules: string;
  lanes: string;
  /** Has the address of the server that stands for the internet. */
  outside: string;
}

function playgroundFiles(folder = playground): PlaygroundFiles {
  return {
    rules: join(folder, 'rules.yaml'),
    lanes: join(folder, 'lanes.yaml'),
    outside: join(folder, 'outside'),
  };
}

/** Makes the folder and writes the lesson's world into it as lanes.yaml. */
export async function layOut({ check: { world } }: Lesson, folder = playground): Promise<PlaygroundFiles> {
  const files = playgroundFiles(folder);
  await mkdir(folder, { recursive: true });
  await writeFile(files.lanes, formatLanes(world));
  return files;
}

/**
 * Replaces the objects of the same kind and name in what is in force, and adds the others.
 * @returns what there is to say of it, line by line
 * @throws Failure where no lesson is up, the file is not there, or its rules are wrong
 */
export async function applyRules(file: string, folder = playground): Promise<string[]> {
  const files = playgroundFiles(folder);
  const [now, added] = await Promise.all([
    readRuleFile(files, files.rules, 'No lesson is up: npm run lesson -- 01'),
    readRuleFile(files, file, `There is no ${file}`),
  ]);
  const name = ({ kind, metadata }: RuleObject) =>
    `${kind} ${metadata.namespace ?? 'coloring'}/${metadata.name}`;
  const merged = toYaml([...new Map([...now, ...added].map((rule) => [name(rule), rule])).values()]);
  const { rules } = parsed(files.rules, merged);
  const remarks = remarksOn(rules, await readLanes(files.lanes));
  await writeFile(files.rules, merged);
  return [
    ...added.map((rule) => `${name(rule)}: in force`),
    ...remarks.map((remark) => `${styled('yellow', '!')} ${formatRemark(remark)}`),
  ];
}

/** @throws Failure where it is not there, or what is wrong with the rules in it */
async function readRuleFile(
  { outside }: PlaygroundFiles,
  file: string,
  otherwise: string,
): Promise<RuleObject[]> {
  const written = await readFile(file, 'utf8').catch(() => {
    throw new Failure(otherwise, 2);
  });
  const text = await withOutside(outside, written);
  parsed(file, text);
  return readObjects({ file, text }).objects.map(({ value }) => value as RuleObject);
}

function parsed(file: string, text: string) {
  const rules = parseRules([{ file, text }], { defaultNamespace: 'coloring' });
  if (!rules.ok) throw new Failure(rules.problems.map(formatProblem).join('\n'), 2);
  return rules;
}

/** The host outside that rules name, where it is in the lesson that is up. */
async function withOutside(outsideFile: string, text: string): Promise<string> {
  const outside = await readFile(outsideFile, 'utf8').catch(() => {
    throw new Failure('No lesson is up: npm run lesson -- 01', 2);
  });
  const { hostname, port } = new URL(outside);
  return text.replaceAll('OUTSIDE_ADDRESS', hostname).replaceAll('OUTSIDE_PORT', port);
}
