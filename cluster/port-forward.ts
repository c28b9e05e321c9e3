/** A way from this computer to a port of a pod, through the API server: kubectl port-forward, started anew whenever it breaks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { guardGroup, releaseGroup } from '../runtime/guard.ts';
import type { Cluster } from './cluster.ts';

export interface ForwardTarget {
  namespace: string;
  /** The pod's name, asked for before each connection. @throws Error where there is none */
  pod: () => Promise<string>;
  port: number;
}

/** kubectl has to say by then where it listens. */
const listensWithinMs = 10_000;

interface Forward {
  pod: string;
  localPort: number;
  kubectl: ChildProcess;
}

export class PortForward {
  readonly #cluster: Cluster;
  readonly #target: ForwardTarget;
  /** One at a time: whoever dials next finds what the one before has opened. */
  #opening: Promise<Forward> | undefined;
  #forward: Forward | undefined;
  #isClosed = false;

  constructor(cluster: Cluster, target: ForwardTarget) {
    this.#cluster = cluster;
    this.#target = target;
  }

  /**
   * A new connection to the port.
   * @throws Error that says why there is none
   */
  async dial(signal: AbortSignal): Promise<Socket> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    signal.throwIfAborted();
    const aborted = once(signal, 'abort').then(() => signal.throwIfAborted());
    const forward = (await Promise.race([this.#opening, aborted])) as Forward;
    const socket = connect(forward.localPort, '127.0.0.1');
    // kubectl takes every connection, and closes it where it gets nowhere: the pod, or the way to it, is another one by now.
    socket.once('close', () => {
      if (socket.bytesRead === 0 && this.#forward === forward) this.#end();
    });
    socket.on('error', () => {});
    await once(socket, 'connect', { signal });
    return socket;
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  async #open(): Promise<Forward> {
    const pod = await this.#target.pod();
    if (this.#forward?.pod === pod && isAlive(this.#forward.kubectl)) return this.#forward;
    this.#end();
    if (this.#isClosed) throw new Error('closed');
    const forward = await this.#start(pod);
    this.#forward = forward;
    return forward;
  }

  async #start(pod: string): Promise<Forward> {
    const { namespace, port } = this.#target;
    const args = [
      'port-forward',
      `pod/${pod}`,
      `:${port}`,
      '--address',
      '127.0.0.1',
      '--namespace',
      namespace,
    ];
    const kubectl = spawn('kubectl', ['--context', this.#cluster.context, ...args], {
      // A group of its own: Ctrl-C in the terminal must not cut the way while the lane still goes.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid } = kubectl;
    if (pid !== undefined) {
      guardGroup(pid);
      kubectl.once('exit', () => releaseGroup(pid));
    }
    return { pod, localPort: await localPortOf(kubectl), kubectl };
  }

  #end(): void {
    this.#forward?.kubectl.kill();
    this.#forward = undefined;
  }
}

/** What it says first: `Forwarding from 127.0.0.1:40001 -> 15100`. What it says later is read, and is nobody's business. */
function localPortOf(kubectl: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = `no answer within ${listensWithinMs / 1000} s`;
    const timer = setTimeout(() => kubectl.kill(), listensWithinMs);
    const lines = (stream: NodeJS.ReadableStream | null, onLine: (line: string) => void) =>
      stream && createInterface(stream).on('line', onLine);
    lines(kubectl.stdout, (line) => {
      const port = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
    lines(kubectl.stderr, (line) => {
      said = line;
    });
    const fail = () => {
      clearTimeout(timer);
      reject(new Error(`kubectl port-forward: ${said}`));
    };
    kubectl.once('error', (error) => {
      said = error.message;
      fail();
    });
    kubectl.once('close', fail);
  });
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
