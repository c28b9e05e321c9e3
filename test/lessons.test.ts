/** Every lesson that the local mesh can run says what is so. */
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startLocal } from '../check/local/local.ts';
import { hasNginx } from '../check/local/nginx.ts';
import { problemsOf } from '../check/report.ts';
import { runCases } from '../check/run.ts';
import { type Lesson, needsOf, readLessons } from '../lessons/lesson.ts';
import { ProgramPool } from '../lessons/programs.ts';
import { LessonPrograms } from './lesson-programs.ts';

const lessons = await readLessons();
const canRunNginx = await hasNginx();
const callsOthers = ({ check }: Lesson) => check.world.services.some(({ calls }) => calls.length > 0);
/** Prometheus takes five seconds to find what it scrapes, each time. */
const watches = ({ check }: Lesson) => check.steps.some((step) => 'watch' in step);
/** About who was first, proxy or service, service or clock: no other lesson may keep one of them waiting. */
const isAlone = ({ name }: Lesson) =>
  ['17-timeouts-and-faults', '18-keep-alive', '20-circuit-breaking'].includes(name);
/** Both ends of a connection close it at the same time, which takes two processes. */
const takesProcesses = ({ name }: Lesson) => name === '18-keep-alive';

const groups = [
  'with services that call others',
  'with services that call nobody',
  'that watch',
  'alone',
] as const;
function groupOf(lesson: Lesson): (typeof groups)[number] {
  if (isAlone(lesson)) return 'alone';
  if (watches(lesson)) return 'that watch';
  return callsOthers(lesson) ? 'with services that call others' : 'with services that call nobody';
}

// In a group one after the other, so that none is hurried; but one group computes while another waits.
for (const group of groups)
  describe(group, { concurrent: group !== 'alone' }, () =>
    check(lessons.filter((lesson) => groupOf(lesson) === group)),
  );

it('no scenario of the workshop is left out', () => {
  const shown = new Set(lessons.flatMap(({ check }) => check.scenarios));
  const all = Array.from({ length: 24 }, (_, i) => `S${i + 1}`);
  expect(all.filter((scenario) => !shown.has(scenario))).toEqual([]);
});

describe.each([
  ['lessons/README.md', 'Node only'],
  ['lessons/README.zh.md', '只需要 Node'],
])('the syllabus of %s', async (file, nodeOnly) => {
  const syllabus = await readFile(file, 'utf8');
  const minutesOf = new Map(
    [...syllabus.matchAll(/^\| \[(\d\d)\]\((.*)\/\).*\| (\d+) \|$/gm)].map(([, number, , minutes]) => [
      number,
      Number(minutes),
    ]),
  );
  const halves = [
    ...syllabus.matchAll(/^- \*\*(Half a day.*?|.*半天)\*\*.*[:：] ?((?:\d\d, )+\d\d)[.。]$/gm),
  ];

  it('has every lesson, and two half days', () => {
    const linked = [...syllabus.matchAll(/^\| \[\d\d\]\((.*?)\/\)/gm)].map(([, name]) => name);
    expect(linked).toEqual(lessons.map(({ name }) => name));
    expect(halves).toHaveLength(2);
  });

  it.each(halves.map(([, name = '', numbers = '']) => ({ name, numbers: numbers.split(', ') })))(
    '$name leaves room for questions in three hours',
    ({ name, numbers }) => {
      const minutes = numbers.reduce((sum, number) => sum + (minutesOf.get(number) ?? Number.NaN), 0);
      expect(minutes).toBeLessThanOrEqual(165);
      const needs = lessons
        .filter((lesson) => numbers.includes(lesson.name.slice(0, 2)))
        .map(needsOf)
        .filter(({ nginx, cluster }) => nginx || cluster);
      if (name.includes(nodeOnly)) expect(needs).toEqual([]);
    },
  );
});

function check(group: readonly Lesson[]): void {
  describe.each(group)('$name', { concurrent: false }, (lesson) => {
    const { cluster, nginx } = needsOf(lesson);

    it.skipIf(cluster !== undefined || (nginx && !canRunNginx))(
      cluster === undefined ? lesson.check.title : `needs a cluster: ${cluster}`,
      { timeout: 60_000 },
      async () => {
        const programs = takesProcesses(lesson) ? new ProgramPool() : new LessonPrograms();
        const engine = await startLocal({ capacity: 1, programs });
        try {
          for await (const result of runCases([lesson.check], engine)) expect(problemsOf(result)).toEqual([]);
        } finally {
          await engine.close();
          await programs.close();
        }
      },
    );

    it('has a page that names what it teaches', async () => {
      const files = await readdir(lesson.folder);
      expect(files).toEqual(expect.arrayContaining(['README.md', 'check.yaml']));
      expect(lesson.check.scenarios).not.toEqual([]);
    });
  });
}
