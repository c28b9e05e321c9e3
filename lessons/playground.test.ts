/** What the pages of the lessons tell to ask of rules, and what they say about the answer. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SceneState } from '../check/scene-state.ts';
import { toYaml } from '../check/world.ts';
import { runHere } from '../cli/testing/run-here.ts';
import { type Lesson, readLessons } from './lesson.ts';
import { applyRules, layOut, playground } from './playground.ts';

const lessons = await readLessons();
const pages = await Promise.all(lessons.map(({ folder }) => readFile(join(folder, 'README.md'), 'utf8')));

/** What each page says that its commands show. */
const says: Record<string, RegExp[]> = {
  '01-deploying-is-not-releasing': [/subset "v3" is not in DestinationRule service-b .* 503/],
  '03-inside-the-mesh': [/✓ Istio {2}default {2}decides\n.*\n.*one of service-b\/v1, service-b\/v2/],
  '05-matching': [
    /rules.yaml:\d+: .*: spec.http\[1\]: never reached: spec.http\[0\] comes first/,
    /✓ .*rules.yaml:\d+ .* decides\n.*\|default\|/,
  ],
  '06-the-colour': [
    /never reached: spec.http\[0\] \(service-b\/release\) comes first/,
    /✓ .*rules.yaml:\d+ {2}service-a\/release {5}decides/,
    /2\. sidecar of service-a\/release: .*\n.*✓ .*rules.yaml:\d+ {2}service-b\/release {2}decides/,
  ],
  '07-deployed-or-routed': [/subset "release-v9" is not in DestinationRule service-b .* 503/],
  '08-who-obeys': [/sidecar of elsewhere\/client: .*\n {3}✓ Istio {2}default {2}decides/],
  '12-host-rewritten': [/does not serve host "mesh"\n.*404: no route \(NR\)/],
  '13-ingress-before-the-mesh': [/✓ Istio {2}allow_any {2}decides\n.*PassthroughCluster/],
  '15-mirror': [/subset "v3" is not in DestinationRule service-b .* its copies are lost/],
  '19-long-lived-connections': [/no proxy, so no rules/],
  '23-looking-inside': [/no-pod .*\n(.*\n)*.*503: .*\(UH\)/, /^NAME .*\n(.*\n)*.* \/no-subset/m],
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'playground-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the commands of a page; @returns what each of them said. */
async function follow(lesson: Lesson, commands: readonly string[]): Promise<string[]> {
  const files = await layOut(lesson, folder);
  const scene = new SceneState(lesson.check, { address: '127.0.0.1', port: 9 });
  await writeFile(files.rules, toYaml(scene.rules()));
  await writeFile(files.outside, 'http://127.0.0.1:9');
  const said: string[] = [];
  for (const command of commands) {
    const [name = '', ...args] = wordsOf(command.replaceAll(playground, folder));
    if (name === 'lesson') {
      said.push((await applyRules(args[1] ?? '', folder)).join('\n'));
      continue;
    }
    const { exitCode, stdout, stderr } = await runHere([name, ...args]);
    expect(exitCode, stderr).toBe(0);
    said.push(stdout);
  }
  return said;
}

/** `npm run explain -- -H 'a: b' URL` without npm, as a shell takes it apart. */
function wordsOf(command: string): string[] {
  const words = command.replace(/^npm run (\S+) --/, '$1').matchAll(/'([^']*)'|(\S+)/g);
  return [...words].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

const asked = /^ {4}(npm run (?:explain --|proxy-config --|lesson -- --apply) .*)$/gm;

it.each(lessons.map((lesson, i) => ({ lesson, name: lesson.name, page: pages[i] ?? '' })))(
  '$name',
  async ({ lesson, name, page }) => {
    const said: string[] = [];
    // A section begins with the rules of the lesson as it is brought up.
    for (const section of page.split(/^## /m)) {
      const commands = [...section.matchAll(asked)].map(([, command = '']) => command);
      if (commands.length > 0) said.push(...(await follow(lesson, commands)));
    }
    const patterns = says[name] ?? [];
    for (const pattern of patterns) expect(said.join('\n')).toMatch(pattern);
    if (/npm run (?:explain|proxy-config)/.test(page)) expect(patterns).not.toEqual([]);
  },
);
