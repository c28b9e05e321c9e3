/** Every lesson that the local mesh can run says what is so. */
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../check/engines/engine.ts';
import { startLocal } from '../check/engines/local.ts';
import { hasNginx } from '../check/engines/nginx.ts';
import { problemsOf } from '../check/report.ts';
import { runCases } from '../check/run.ts';
import { type Lesson, needsOf, readLessons } from '../lessons/lesson.ts';
import { LessonPrograms } from './lesson-programs.ts';

const lessons = await readLessons();
const canRunNginx = await hasNginx();
const callsOthers = ({ check }: Lesson) => check.world.services.some(({ calls }) => calls !== undefined);
/** Prometheus takes five seconds to find what it scrapes, each time. */
const watches = ({ check }: Lesson) => check.steps.some((step) => 'watch' in step);
/** It counts requests that meet the end of their connection: no other lesson may keep its proxy waiting. */
const isAlone = ({ name }: Lesson) => name === '18-keep-alive';
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

// Lessons share services, so in a group one waits for the other; but one group computes while another waits.
for (const group of groups)
  describe(group, { concurrent: group !== 'alone' }, () =>
    check(lessons.filter((lesson) => groupOf(lesson) === group)),
  );

it('no scenario of the workshop is left out', () => {
  const shown = new Set(lessons.flatMap(({ check }) => check.scenarios));
  const all = Array.from({ length: 24 }, (_, i) => `S${i + 1}`);
  expect(all.filter((scenario) => !shown.has(scenario))).toEqual([]);
});

/** One after the other. */
function check(group: readonly Lesson[]): void {
  const programs = new LessonPrograms();
  let engine: Engine;

  beforeAll(async () => {
    engine = await startLocal({ capacity: 1, programs });
  });
  afterAll(async () => {
    await engine.close();
    await programs.close();
  });

  describe.each(group)('$name', { concurrent: false }, (lesson) => {
    const { cluster, nginx } = needsOf(lesson);

    it.skipIf(cluster !== undefined || (nginx && !canRunNginx))(
      cluster === undefined ? lesson.check.title : `needs a cluster: ${cluster}`,
      { timeout: 60_000 },
      async () => {
        for await (const result of runCases([lesson.check], engine)) expect(problemsOf(result)).toEqual([]);
      },
    );

    it('has a page that names what it teaches', async () => {
      const files = await readdir(lesson.folder);
      expect(files).toEqual(expect.arrayContaining(['README.md', 'check.yaml']));
      expect(lesson.check.scenarios).not.toEqual([]);
    });
  });
}
