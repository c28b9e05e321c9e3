/** A command as a list of steps, shown one by one with the commands that each runs. */
import { Listr, type ListrTask } from 'listr2';
import { Failure } from '../runtime/failure.ts';
import { CommandFailed, Shell } from './shell.ts';

export interface Step {
  title: string;
  run: (shell: Shell) => Promise<void>;
}

export interface StepsOptions {
  dryRun: boolean;
  signal: AbortSignal;
  /** Said after a failure: how to go on. A function is asked then. */
  wayOut: string | (() => string);
  /** Line after line, as something else writes to the terminal meanwhile. */
  isPlain?: boolean;
}

/**
 * Steps that do not wait for each other, as one. Commands that are only shown come in their order.
 * @throws what the first of them failed with, when all have ended; what the others run then ends at once
 */
export function together(steps: readonly Step[]): Step {
  return {
    title: steps.map(({ title }) => title).join('; meanwhile: '),
    run: async (shell) => {
      if (shell.dryRun) {
        for (const { run } of steps) await run(shell);
        return;
      }
      const failed = new AbortController();
      const ending = shell.endedToo(failed.signal);
      const running = steps.map(({ run }) => run(ending).catch((error) => failed.abort(error)));
      await Promise.all(running);
      failed.signal.throwIfAborted();
    },
  };
}

/**
 * Runs the steps in order; the first that fails ends it.
 * @throws Failure with the step, its cause and the way out
 */
export async function runSteps(steps: readonly Step[], options: StepsOptions): Promise<void> {
  const shell = new Shell({ ...options, say: () => {} });
  let current = '';
  const tasks = steps.map(
    (step): ListrTask => ({
      title: step.title,
      task: async (_, task) => {
        current = step.title;
        await step.run(
          shell.saying((line) => {
            task.output = line;
          }),
        );
      },
      rendererOptions: { outputBar: Number.POSITIVE_INFINITY, persistentOutput: true },
    }),
  );
  const list = new Listr(tasks, {
    renderer: options.isPlain ? 'simple' : 'default',
    rendererOptions: { collapseErrors: false, showErrorMessage: false },
    fallbackRenderer: 'simple',
    registerSignalListeners: false,
  });
  try {
    await list.run();
  } catch (error) {
    const wayOut = typeof options.wayOut === 'string' ? options.wayOut : options.wayOut();
    if (options.signal.aborted) throw new Failure(`Stopped while: ${current}. ${wayOut}`);
    if (error instanceof CommandFailed || error instanceof Failure) {
      const exitCode = error instanceof Failure ? error.exitCode : undefined;
      throw new Failure(`\n${current}: failed.\n\n${error.message}\n\n${wayOut}`, exitCode);
    }
    throw error;
  }
}
