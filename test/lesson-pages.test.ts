/** Every page of the lessons, pasted top to bottom as a reader does it, shows what it says. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pWaitFor from 'p-wait-for';
import { expect, it, vi } from 'vitest';
import { runHere } from '../cli/testing/run-here.ts';
import { whyNotHere } from '../lessons/check-lessons.ts';
import { type Lesson, readLessons } from '../lessons/lesson.ts';
import { RunningLesson } from '../lessons/running-lesson.ts';
import type { LogForm } from '../local/access-logs.ts';
import { commandsOf } from './lesson-page.ts';
import { says } from './lesson-pages.ts';
import { LessonPrograms } from './lesson-programs.ts';

vi.setConfig({ testTimeout: 60_000 });

const lessons = await readLessons();
const hasCurl = await promisify(execFile)('curl', ['--version']).then(
  () => true,
  () => false,
);
const reasons = new Map(
  await Promise.all(
    lessons.map(async (lesson) => [lesson.name, hasCurl ? await whyNotHere(lesson) : 'needs curl'] as const),
  ),
);

for (const lesson of lessons) {
  const reason = reasons.get(lesson.name);
  it.skipIf(reason)(reason ? `${lesson.name} ${reason}` : lesson.name, async () => {
    const page = await readFile(join(lesson.folder, 'README.md'), 'utf8');
    const commands = commandsOf(page);
    const expected = says[lesson.name] ?? [];
    const first = commands.find((command) => command.startsWith('npm run lesson -- ')) ?? '';
    expect(first).toMatch(new RegExp(`^npm run lesson -- ${lesson.name.slice(0, 2)}\\b`));
    await using reader = await Reader.of(lesson, first.includes('--log short') ? 'short' : 'off');
    const shown: string[] = [];
    for (const command of commands) {
      const output = await reader.paste(command);
      if (output === undefined) continue;
      const number = shown.push(command);
      const holds = expected[number - 1];
      const context = `${command}\n${output}`;
      if (!holds)
        throw new Error(`test/lesson-pages.ts does not say what command ${number} shows: ${context}`);
      if (holds(output)) continue;
      // A copy, and its count, may be a little later than the answer.
      const again = async () => holds((await reader.paste(command)) ?? '');
      const isCount = command.includes('/metrics');
      if (
        isCount &&
        (await pWaitFor(again, { interval: 200, timeout: 10_000 }).then(
          () => true,
          () => false,
        ))
      )
        continue;
      expect.fail(`${command}\nshould show ${holds.name}, and shows\n${output}`);
    }
    expect(expected.length, 'more is expected than the page has commands').toBe(shown.length);
  });
}

/** Somebody with the page before them, and one terminal for the lesson and one for the commands. */
class Reader implements AsyncDisposable {
  readonly #running: RunningLesson;
  readonly #programs: LessonPrograms;
  readonly #folder: string;
  /** What the terminal of the lesson says. */
  readonly #heard: string[];
  /** As the page has it (`localhost:8080`), and as it is here. */
  readonly #places: ReadonlyMap<string, string>;
  #slow: { child: ChildProcess; output: string } | undefined;

  private constructor(
    running: RunningLesson,
    programs: LessonPrograms,
    folder: string,
    heard: string[],
    places: ReadonlyMap<string, string>,
  ) {
    this.#running = running;
    this.#programs = programs;
    this.#folder = folder;
    this.#heard = heard;
    this.#places = places;
  }

  /** With the lesson up, as its first command brings it. */
  static async of(lesson: Lesson, log: LogForm): Promise<Reader> {
    const folder = await mkdtemp(join(tmpdir(), 'playground-'));
    const programs = new LessonPrograms();
    const heard: string[] = [];
    const running = await RunningLesson.claim({
      lesson,
      port: 0,
      folder,
      programs,
      log,
      say: (line) => heard.push(line),
    });
    const open = await running.bringUp();
    const ports: Record<string, number> = {
      gateway: 8080,
      client: 8081,
      'other-namespace': 8082,
      'no-sidecar': 8083,
    };
    let nginx = 8088;
    const places = open.map(({ caller, url }) => [
      `localhost:${ports[caller] ?? nginx++}`,
      url.replace('http://', ''),
    ]);
    return new Reader(running, programs, folder, heard, new Map(places as [string, string][]));
  }

  /** @returns what the command shows, and the lesson's terminal with it; undefined where the page speaks of neither */
  async paste(command: string): Promise<string | undefined> {
    const before = this.#heard.length;
    const output = await this.#paste(command);
    return output === undefined ? undefined : [output, ...this.#heard.slice(before)].join('\n');
  }

  async #paste(command: string): Promise<string | undefined> {
    const [, script, args = ''] = /^(?:npm run|npx coloring) (\S+)(?: --)? (.*)$/.exec(command) ?? [];
    if (script === 'lesson') return this.#lesson(args);
    if (script) return this.#run([script, ...wordsOf(args)]);
    if (command.startsWith('kubectl ') || command.startsWith('istioctl ')) return undefined; // On a cluster.
    const here = this.#here(command);
    // It takes long, and the page has the next command given meanwhile.
    if (command.includes(' -N ')) return this.#begin(here);
    return new Promise((resolve) => {
      execFile('sh', ['-c', here], { timeout: 30_000 }, (_, stdout) => resolve(stdout));
    });
  }

  async #begin(command: string): Promise<string> {
    const child = spawn('sh', ['-c', command], { detached: true });
    const slow = { child, output: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      slow.output += text;
    });
    this.#slow = slow;
    await vi.waitFor(() => expect(slow.output).not.toBe(''), { timeout: 20_000 });
    return slow.output;
  }

  /** What the slow command shows from now on: a few lines of it. */
  async #end(): Promise<string> {
    const slow = this.#slow;
    if (!slow) return '';
    const { length } = slow.output;
    await vi.waitFor(() => expect(slow.output.slice(length).split('\n').length).toBeGreaterThan(3), {
      timeout: 20_000,
    });
    process.kill(-(slow.child.pid as number), 'SIGTERM');
    this.#slow = undefined;
    return slow.output.slice(length);
  }

  async #lesson(args: string): Promise<string | undefined> {
    const [first = '', file = ''] = wordsOf(args);
    if (first === '--log') {
      await this.#run(['lesson', ...wordsOf(args)]);
      return undefined;
    }
    if (first === '--apply' || first === '--delete') {
      const said = await this.#run(['lesson', first, file]);
      const done = first === '--apply' ? 'in force' : 'taken away';
      expect(said).toContain(`: ${done}\n`);
      expect(this.#heard.join('\n')).toContain(`${file}: ${done}`);
      // Worth a word of the page only where it says more.
      return said.includes('! ') || this.#slow ? said + (await this.#end()) : undefined;
    }
    return undefined; // Brought up already; what --check says is held against it by lessons.test.ts.
  }

  async #run(args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await runHere(
      args.map((one) => this.#here(one)),
      {
        LESSON_FOLDER: this.#folder,
      },
    );
    // trace ends with 1 where it finds somebody.
    expect(args[0] === 'trace' ? [0, 1] : [0], stderr).toContain(exitCode);
    return stdout;
  }

  #here(text: string): string {
    let here = text.replaceAll(/\.lesson\b/g, this.#folder);
    for (const [onPage, place] of this.#places) {
      // `release-v1.localhost` has to stay a name: an address has none in front.
      here = here.replaceAll(`.${onPage}`, `.localhost:${place.split(':').at(-1)}`).replaceAll(onPage, place);
    }
    return here;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#slow) process.kill(-(this.#slow.child.pid as number), 'SIGTERM');
    await this.#running.close();
    await this.#programs.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** As a shell takes it apart: `-H 'a: b' URL`. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
