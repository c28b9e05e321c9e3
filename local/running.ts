/** What runs for a version at the moment, as whoever looks after it sees it. */
import type { Launch } from './launch.ts';

export interface Running {
  readonly pid: number | undefined;
  /** Others run in the same process. */
  readonly isShared: boolean;
  isAlive(): boolean;
  /** Resolves when it is worth a look whether it is ready. */
  readonly begun: Promise<void>;
  /** On which ports it listens, ascending; empty where that cannot be known. */
  ports(): Promise<readonly number[]>;
  /** Asks it to end, and ends it after `graceMs`. Resolves when it is gone. */
  end(graceMs: number): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

export interface RunningListeners {
  /** A line that it wrote. */
  onOutput: (line: string) => void;
  /** It is gone, and its last words have been heard: `SIGKILL`, `exit code 1`. Called later than `Begin` returns. */
  onEnd: (reason: string) => void;
}

/** Begins to run a version, with this environment. */
export type Begin = (
  launch: Launch,
  env: Readonly<Record<string, string>>,
  listeners: RunningListeners,
) => Running;
