/** Hops as they happen, from the logs of the proxies of a cluster, which are followed. */
import { proxyContainer } from '../../cluster/pods.ts';
import { followKubectl } from '../../cluster/stream.ts';
import type { LoggedHop } from '../../trace/hop.ts';
import type { LoggedProxy } from '../../trace/live/proxies.ts';
import type { LineReader } from '../../trace/log-format.ts';
import { type Directory, hopOf } from '../../trace/log-hop.ts';

export class HopStream {
  readonly #context: string;
  readonly #onHop: (hop: LoggedHop) => void;
  readonly #followed = new Map<string, AbortController>();
  #readLine: LineReader = () => undefined;
  #directory: Directory = { at: () => undefined, route: () => undefined };

  constructor(context: string, onHop: (hop: LoggedHop) => void) {
    this.#context = context;
    this.#onHop = onHop;
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
      const args = [
        'logs',
        '--follow',
        proxy.pod,
        '--namespace',
        proxy.namespace,
        '--container',
        proxyContainer,
      ];
      void followKubectl(
        this.#context,
        [...args, '--since=1s'],
        (line) => this.#read(line, proxy),
        controller.signal,
      );
    }
  }

  close(): void {
    for (const controller of this.#followed.values()) controller.abort();
    this.#followed.clear();
  }

  #read(line: string, { party }: LoggedProxy): void {
    const found = this.#readLine(line);
    const hop = found && hopOf(found, party, this.#directory);
    if (hop) this.#onHop({ ...hop, evidence: found });
  }
}
