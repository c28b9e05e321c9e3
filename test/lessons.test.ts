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

// Lessons share their services, so one waits for the other; but each half computes while the other waits.
describe.concurrent.each([
  ['services that call others', lessons.filter(callsOthers)],
  ['services that call nobody', lessons.filter((lesson) => !callsOthers(lesson))],
])('%s', (_, half) => {
  const programs = new LessonPrograms();
  let engine: Engine;

  beforeAll(async () => {
    engine = await startLocal({ capacity: 1, programs });
  });
  afterAll(async () => {
    await engine.close();
    await programs.close();
  });

  describe.each(half)('$name', { concurrent: false }, (lesson) => {
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
});

it('no scenario of the workshop is left out', () => {
  const shown = new Set(lessons.flatMap(({ check }) => check.scenarios));
  const all = Array.from({ length: 24 }, (_, i) => `S${i + 1}`);
  expect(all.filter((scenario) => !shown.has(scenario))).toEqual([]);
});
