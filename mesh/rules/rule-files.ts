/** Tells when rule files change on disk. */
import { watch } from 'chokidar';

/** Editors write a file in several steps: one change is told once they have been quiet for so long. */
const settleMs = 50;

export interface RuleWatch {
  close(): Promise<void>;
}

/**
 * Calls `onChange` after files under `paths` changed, came or went. Resolves once it watches; the watch alone does not
 * keep the process alive.
 */
export async function watchRules(
  paths: string | readonly string[],
  onChange: () => void,
): Promise<RuleWatch> {
  const watcher = watch([paths].flat(), { ignoreInitial: true, depth: 0, persistent: true });
  let settle: NodeJS.Timeout | undefined;
  watcher.on('all', () => {
    clearTimeout(settle);
    settle = setTimeout(onChange, settleMs);
  });
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  return {
    close: () => {
      clearTimeout(settle);
      return watcher.close();
    },
  };
}
