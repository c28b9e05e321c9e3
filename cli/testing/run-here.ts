/** Runs a command in the test's own process: for what it says, where no process of its own is needed to show it. */
import { vi } from 'vitest';
import { run } from '../main.ts';

interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * As `node cli/coloring.mjs …` would, for a command that comes to its end; loading it anew takes a third of a second.
 * @param env over the environment of this process; undefined takes a variable away
 */
export async function runHere(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Outcome> {
  const said = { stdout: '', stderr: '' };
  const hear = (stream: keyof typeof said) => (text: unknown) => {
    said[stream] += text;
    return true;
  };
  const spies = (['stdout', 'stderr'] as const).flatMap((stream) => [
    vi.spyOn(process[stream], 'write').mockImplementation(hear(stream)),
    // vitest has a console of its own
    vi
      .spyOn(console, stream === 'stdout' ? 'log' : 'error')
      .mockImplementation((text = '') => hear(stream)(`${text}\n`)),
  ]);
  const listeners = stopSignals.map((signal) => process.listeners(signal));
  const { exitCode } = process;
  // npm's own variable would have it look out for the end of npm.
  for (const [name, value] of Object.entries({ npm_lifecycle_event: undefined, ...env }))
    vi.stubEnv(name, value);
  try {
    process.exitCode = undefined;
    const code = await run(args);
    return { exitCode: code, ...said };
  } finally {
    process.exitCode = exitCode;
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
    // Nobody stops what is over.
    for (const [i, signal] of stopSignals.entries()) {
      for (const listener of process.listeners(signal))
        if (!listeners[i]?.includes(listener)) process.off(signal, listener);
    }
  }
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
