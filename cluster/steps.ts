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
  /** Said after a failure: how to go on. */
  wayOut: string;
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
    renderer: 'default',
    rendererOptions: { collapseErrors: false, showErrorMessage: false },
    fallbackRenderer: 'simple',
    registerSignalListeners: false,
  });
  try {
    await list.run();
  } catch (error) {
    if (options.signal.aborted) throw new Failure(`Stopped while: ${current}. ${options.wayOut}`);
    if (error instanceof CommandFailed || error instanceof Failure) {
      throw new Failure(`\n${current}: failed.\n\n${error.message}\n\n${options.wayOut}`);
    }
    throw error;
  }
}
