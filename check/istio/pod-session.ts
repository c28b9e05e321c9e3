/** pod.ts running in a pod: one `kubectl exec -i` that carries commands and answers until it is closed. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Reply, RequestBatch } from '../agent/agent.ts';
import type { Arrival, Part } from '../agent/echo.ts';
import type { PodAnswer, PodCommand, PodResult } from '../agent/pod.ts';

type Waiting = { resolve: (result: PodResult) => void; reject: (error: Error) => void };
type WithoutId<Command> = Command extends unknown ? Omit<Command, 'id'> : never;

export class PodSession {
  readonly namespace: string;
  readonly pod: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  /** @param pod whose container `app` has this folder's pod.ts at /check */
  constructor(context: string, namespace: string, pod: string) {
    this.namespace = namespace;
    this.pod = pod;
    const command = ['exec', '-i', '-n', namespace, pod, '-c', 'app', '--', 'node', '/check/pod.ts'];
    this.#process = spawn('kubectl', ['--context', context, ...command]);
    let said = '';
    this.#process.stderr.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2000);
    });
    this.#process.stdin.on('error', () => {}); // The end of the process, told below, says more.
    this.#process.once('exit', () => {
      const error = new Error(`the session in pod ${namespace}/${pod} ended: ${said.trim()}`);
      for (const { reject } of this.#waiting.values()) reject(error);
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#take(JSON.parse(line)));
  }

  send(batches: RequestBatch[]): Promise<Reply[][]> {
    return this.#ask({ do: 'send', batches }) as Promise<Reply[][]>;
  }

  play(parts: { part: Part; port: number }[]): Promise<number[]> {
    return this.#ask({ do: 'play', parts }) as Promise<number[]>;
  }

  takeCalls(ids: string[]): Promise<Record<string, Arrival[]>> {
    return this.#ask({ do: 'takeCalls', ids }) as Promise<Record<string, Arrival[]>>;
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    // Not by the end of stdin: a connection that is held there would keep it for as long.
    this.#process.kill();
    await once(this.#process, 'exit');
  }

  #ask(command: WithoutId<PodCommand>): Promise<PodResult> {
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<PodResult>();
    this.#waiting.set(id, { resolve, reject });
    this.#process.stdin.write(`${JSON.stringify({ id, ...command })}\n`);
    return promise;
  }

  #take(answer: PodAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.result);
  }
}
