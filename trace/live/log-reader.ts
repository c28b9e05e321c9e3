/** Reads the logs of proxies by kubectl, as far as the user may, and never more than a bounded part of them. */
import type { Cluster } from '../../cluster/cluster.ts';
import { proxyContainer } from '../../cluster/pods.ts';
import { CommandFailed } from '../../cluster/shell.ts';
import { inParallel } from '../../runtime/in-parallel.ts';
import type { LoggedHop } from '../hop.ts';
import type { LineReader } from '../log-format.ts';
import { type Directory, hopOf } from '../log-hop.ts';
import type { LoggedProxy } from './proxies.ts';

export interface LogReaderOptions {
  cluster: Cluster;
  /** Of each proxy and reading; of more only the newest are read. Default 20,000. */
  maxLines?: number;
}

/** What the logs of some proxies had. */
export interface ReadLogs {
  hops: LoggedHop[];
  /** Whether any line has the colour. */
  hasColor: boolean;
  /** What could not be read and what was left out, a line each. */
  notes: string[];
}

/** kubectl processes at a time: each is half a second of work. */
const atATime = 4;

export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #maxLines: number;
  #readLine: LineReader = () => undefined;
  #directory: Directory = { at: () => undefined, route: () => undefined };
  /** The time of the last line that was read, as the node wrote it, by pod. */
  readonly #last = new Map<string, string>();

  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#maxLines = options.maxLines ?? 20_000;
  }

  /** How lines are read from now on. */
  use(readLine: LineReader, directory: Directory): void {
    this.#readLine = readLine;
    this.#directory = directory;
  }

  /**
   * What was written since: the first time in the last `seconds`, by the clock of the node; then since the last reading,
   * where `onlyNew`.
   */
  async read(proxies: readonly LoggedProxy[], seconds: number, onlyNew = false): Promise<ReadLogs> {
    const all: ReadLogs = { hops: [], hasColor: false, notes: [] };
    await inParallel(proxies, atATime, async (proxy) => {
      const { hops, hasColor, notes } = await this.#readOne(proxy, seconds, onlyNew);
      for (const hop of hops) all.hops.push(hop);
      all.hasColor ||= hasColor;
      all.notes.push(...notes);
    });
    return { ...all, notes: [...new Set(all.notes)] };
  }

  async #readOne(proxy: LoggedProxy, seconds: number, onlyNew: boolean): Promise<ReadLogs> {
    const last = onlyNew ? this.#last.get(proxy.pod) : undefined;
    const text = await this.#logs(proxy, last ? `--since-time=${last}` : `--since=${seconds}s`);
    if (typeof text !== 'string') return { hops: [], hasColor: false, notes: [text.refused] };
    const lines = text.split('\n').filter((line) => line !== '');
    const notes = this.#leftOut(proxy, lines, last);
    const newest = lines.at(-1)?.split(' ', 1)[0];
    if (newest) this.#last.set(proxy.pod, newest);
    const read: ReadLogs = { hops: [], hasColor: false, notes };
    for (const line of lines) {
      const space = line.indexOf(' ');
      // --since-time takes whole seconds.
      if (last && line.slice(0, space) <= last) continue;
      const found = this.#readLine(line.slice(space + 1));
      const hop = found && hopOf(found, proxy.party, this.#directory);
      if (!hop) continue;
      read.hops.push(hop);
      read.hasColor ||= found.color !== undefined;
    }
    return read;
  }

  #leftOut({ pod }: LoggedProxy, lines: readonly string[], last: string | undefined): string[] {
    if (lines.length >= this.#maxLines)
      return [`${pod} wrote more than ${this.#maxLines} lines at a time: only the newest were read`];
    const [first] = lines;
    const isGone = last !== undefined && first !== undefined && first.split(' ', 1)[0] !== last;
    return isGone && !lines.some((line) => line.startsWith(`${last} `))
      ? [`the log of ${pod} was rotated away while it was read: some of its lines are missing`]
      : [];
  }

  async #logs({ namespace, pod }: LoggedProxy, since: string): Promise<string | { refused: string }> {
    const { cluster } = this.#options;
    const args = ['logs', pod, '--namespace', namespace, '--container', proxyContainer];
    try {
      return await cluster.kubectl([...args, since, '--timestamps', `--tail=${this.#maxLines}`]);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      if (/forbidden/i.test(error.output)) return { refused: noRightToLogs(namespace) };
      if (/not found/i.test(error.output)) return ''; // it has gone meanwhile
      return {
        refused: `the log of ${namespace}/${pod} cannot be read: ${error.output.trim().split('\n').at(-1)}`,
      };
    }
  }
}

/** For a person. */
export function noRightToLogs(namespace: string): string {
  return `no right to read logs in namespace ${namespace} (pods/log): its proxies are not seen`;
}
