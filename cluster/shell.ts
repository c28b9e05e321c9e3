/** Runs helm, kubectl, kind and docker, and shows each command as a person would type it. */
import { relative } from 'node:path';
import { execa, type Options } from 'execa';

/** A command that did not end with 0. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly command: string;
  /** What it said, standard error before standard output. */
  readonly output: string;

  /** @param shown how many of its last lines the message has */
  constructor(command: string, output: string, shown = 15) {
    super(`${command}\n${lastLines(output, shown)}`);
    this.command = command;
    this.output = output;
  }
}

export interface ShellOptions {
  /** Show commands, run none. */
  dryRun: boolean;
  /** Gets each command, and what there is to say, line by line. */
  say: (line: string) => void;
  /** Ends what runs. */
  signal: AbortSignal;
}

interface RunOptions {
  /** Written to its standard input, and shown as a here-document. */
  input?: string;
  env?: Record<string, string>;
}

export class Shell {
  readonly #options: ShellOptions;

  constructor(options: ShellOptions) {
    this.#options = options;
  }

  get dryRun(): boolean {
    return this.#options.dryRun;
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  say(line: string): void {
    this.#options.say(line);
  }

  /** The same shell for one step: `say` shows its lines there. */
  saying(say: (line: string) => void): Shell {
    return new Shell({ ...this.#options, say });
  }

  /** The same shell; what it runs ends by this signal, too. */
  endedToo(signal: AbortSignal): Shell {
    return new Shell({ ...this.#options, signal: AbortSignal.any([this.signal, signal]) });
  }

  /**
   * Runs a command that changes something. With `dryRun` it is only shown.
   * @returns its standard output
   * @throws CommandFailed
   */
  async run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
    this.say(`$ ${commandLine(file, args, options)}`);
    return this.dryRun ? '' : this.#execute(file, args, options);
  }

  /**
   * Asks something. With `dryRun` it is only shown.
   * @returns its standard output; undefined where it failed or was not run
   */
  async ask(file: string, args: readonly string[]): Promise<string | undefined> {
    this.say(`$ ${commandLine(file, args)}`);
    return this.dryRun ? undefined : this.peek(file, args);
  }

  /** Asks without showing the command: for what is asked again and again, or only to explain a failure. */
  async peek(file: string, args: readonly string[]): Promise<string | undefined> {
    try {
      return await this.#execute(file, args);
    } catch (error) {
      if (error instanceof CommandFailed) return undefined;
      throw error;
    }
  }

  /**
   * Runs a script that shows its commands itself, as those of pipeline/ do (`+ helm …`). With `dryRun` it is told so by
   * DRY_RUN, and only shows them. What it starts ends with it.
   * @throws CommandFailed with what it said on standard error
   */
  async script(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
    const script = execa(file, args, {
      env: { ...env, DRY_RUN: this.dryRun ? '1' : '' },
      reject: false,
      buffer: { stdout: false },
      // A group of its own, so that helm ends too, and in good order.
      detached: true,
    });
    const end = () => script.pid && process.kill(-script.pid, 'SIGTERM');
    this.signal.addEventListener('abort', end, { once: true });
    try {
      for await (const line of script) this.say(line.replace(/^\+ /, '$ '));
    } finally {
      this.signal.removeEventListener('abort', end);
    }
    const result = await script;
    this.signal.throwIfAborted();
    if (result.failed) {
      const said = result.stderr || (result.shortMessage ?? '');
      throw new CommandFailed(commandLine(relative('.', file), args), said, 40);
    }
  }

  async #execute(file: string, args: readonly string[], { input, env }: RunOptions = {}): Promise<string> {
    const options = {
      input,
      env,
      cancelSignal: this.#options.signal,
      reject: false,
      maxBuffer: 64 * 1024 * 1024,
    } satisfies Options;
    const result = await execa(file, args, options);
    this.signal.throwIfAborted();
    if (result.failed) {
      const said = [result.stderr, result.stdout].filter(Boolean).join('\n') || result.shortMessage;
      throw new CommandFailed(commandLine(file, args), said ?? '');
    }
    return result.stdout;
  }
}

/** A command as one line of shell, with its input as a here-document. */
export function commandLine(file: string, args: readonly string[], options: RunOptions = {}): string {
  const line = [assignments(options.env ?? {}), file, ...args.map(quoted)].filter(Boolean).join(' ');
  return options.input === undefined ? line : `${line} <<'EOF'\n${options.input.trimEnd()}\nEOF`;
}

/** As a shell takes them before a command: `NAME=value OTHER='of two words'`. */
export function assignments(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The last `count` lines that are not empty. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}
