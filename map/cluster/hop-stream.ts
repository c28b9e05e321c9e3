/** Hops as they happen, from the logs of the proxies of a cluster, which are followed. */
import { proxyContainer } from '../../cluster/pods.ts';
import { followKubectl } from '../../cluster/stream.ts';
import type { LoggedHop } from '../../trace/hop.ts';
import { noRightToLogs } from '../../trace/live/log-reader.ts';
import type { LoggedProxy } from '../../trace/live/proxies.ts';
import type { LineReader } from '../../trace/log-format.ts';
import { type Directory, hopOf } from '../../trace/log-hop.ts';

/** A busy computer takes its time until it listens; what was written meanwhile is not to be missed. */
const firstSeconds = 10;

export interface HopStreamEvents {
  onHop: (hop: LoggedHop) => void;
  /** What `refused` says has changed. */
  onRefused: () => void;
}

export class HopStream {
  readonly #context: string;
  readonly #events: HopStreamEvents;
  readonly #refused = new Set<string>();
  readonly #followed = new Map<string, AbortController>();
  #readLine: LineReader = () => undefined;
  #directory: Directory = { at: () => undefined, route: () => undefined };

  constructor(context: string, events: HopStreamEvents) {
    this.#context = context;
    this.#events = events;
  }

  /** What the user may not read, a line each. */
  get refused(): readonly string[] {
    return [...this.#refused].map(noRightToLogs);
  }

  /** Follows these proxies from now on, and no others. */
  follow(proxies: readonly LoggedProxy[], readLine: LineReader, directory: Directory): void {
    this.#readLine = readLine;
    this.#directory = directory;
    const keys = new Map(proxies.map((proxy) => [`${proxy.namespace}/${proxy.pod}`, proxy]));
    for (const [key, controller] of this.#followed) {
      if (keys.has(key)) continue;
      controller.abort();
      this.#followed.delete(key);
    }
    for (const [key, proxy] of keys) {
      if (this.#followed.has(key)) continue;
      const controller = new AbortController();
      this.#followed.set(key, controller);
      void this.#followOne(proxy, controller.signal);
    }
  }

  close(): void {
    for (const controller of this.#followed.values()) controller.abort();
    this.#followed.clear();
  }

  #followOne(proxy: LoggedProxy, signal: AbortSignal): Promise<void> {
    const { pod, namespace } = proxy;
    let last = '';
    let known = '';
    const args = () => {
      known = last;
      const since = known ? `--since-time=${known}` : `--since=${firstSeconds}s`;
      const where = ['--namespace', namespace, '--container', proxyContainer];
      return ['logs', '--follow', pod, ...where, '--timestamps', since];
    };
    const listener = {
      onLine: (line: string) => {
        if (this.#refused.delete(namespace)) this.#events.onRefused();
        const space = line.indexOf(' ');
        last = line.slice(0, space);
        // --since-time takes whole seconds.
        if (last <= known) return;
        this.#read(line.slice(space + 1), proxy);
      },
      onFailure: (_: string, isRefused: boolean) => {
        if (!isRefused || this.#refused.has(namespace)) return;
        this.#refused.add(namespace);
        this.#events.onRefused();
      },
    };
    return followKubectl(this.#context, args, listener, signal);
  }

  #read(line: string, { party }: LoggedProxy): void {
    const found = this.#readLine(line);
    const hop = found && hopOf(found, party, this.#directory);
    if (hop) this.#events.onHop({ ...hop, evidence: found });
  }
}
