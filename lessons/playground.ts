/** The folder of the lesson that is up: what is in force, for people, for `explain` and for `proxy-config`. */
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { formatLanes } from '../lanes/format.ts';
import { Failure } from '../runtime/failure.ts';
import { typed } from '../runtime/project.ts';
import type { Lesson } from './lesson.ts';

/** Where it is, as the pages of the lessons name it; LESSON_FOLDER moves it, for a second lesson beside the first. */
export const playground = () => process.env.LESSON_FOLDER || '.lesson';

const lessonThatIsUp = z.object({
  lesson: z.string(),
  pid: z.number(),
  /** Where it takes orders, and the word that shows who may give them: a computer may have many users. */
  port: z.number(),
  token: z.string(),
});
export type LessonThatIsUp = z.infer<typeof lessonThatIsUp>;

interface PlaygroundFiles {
  rules: string;
  lanes: string;
  /** {@link LessonThatIsUp} */
  up: string;
}

export function playgroundFiles(folder: string): PlaygroundFiles {
  return {
    rules: join(folder, 'rules.yaml'),
    lanes: join(folder, 'lanes.yaml'),
    up: join(folder, 'up.json'),
  };
}

/**
 * Takes the folder for this lesson, before anything else is touched.
 * @param isThere whether that one, which has the folder, still runs
 * @throws Failure where another lesson has it
 */
export async function claimPlayground(
  folder: string,
  mine: LessonThatIsUp,
  isThere: (other: LessonThatIsUp) => Promise<boolean>,
): Promise<void> {
  const { up } = playgroundFiles(folder);
  await mkdir(folder, { recursive: true });
  const draft = `${up}.${mine.pid}`;
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (;;) {
      // A link is made whole or not at all, and never over another.
      const isMine = await link(draft, up).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false;
          throw error;
        },
      );
      if (isMine) return;
      const other = await whoIsUp(folder);
      if (other && (await isThere(other))) throw new Failure(isUp(other), 2);
      // It was killed, and could not tidy up.
      await rm(up, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** The lesson that has the folder; undefined where there is none. */
export async function whoIsUp(folder: string): Promise<LessonThatIsUp | undefined> {
  try {
    return lessonThatIsUp.parse(JSON.parse(await readFile(playgroundFiles(folder).up, 'utf8')));
  } catch {
    return undefined;
  }
}

function isUp({ lesson, pid }: LessonThatIsUp): string {
  return (
    `${lesson} is up (process ${pid}), and one lesson is up at a time: Ctrl-C in its terminal ends it. ` +
    `To put other rules in force in it: ${typed('lesson', '--apply FILE')}`
  );
}

/** Writes the lesson's world into the folder as lanes.yaml. */
export async function writeLanes({ check: { world } }: Lesson, folder: string): Promise<void> {
  await writeFile(playgroundFiles(folder).lanes, formatLanes(world));
}

export async function removePlayground(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
