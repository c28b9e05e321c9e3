/** What is kept for ends that do not read, over all connections: the relay has little memory. */
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { abort } from '../stream/join.ts';
import { largestWindowBytes, smallestWindowBytes } from '../stream/sessions.ts';

const mib = 1024 * 1024;

/** What each end may read ahead of the other one: https://nodejs.org/api/stream.html#buffering */
export const readAheadBytes = 4 * 1024;

/** The two ends of a carried connection: where one is broken off, so is the other. */
type Ends = readonly [Duplex, Duplex];

export interface BacklogLimits {
  connections: number;
  bytes: number;
  /** In the kernel's buffers, as far as the container is charged for them. */
  kernelBytes: number;
}

const usualLimits: BacklogLimits = { connections: 1_000, bytes: 12 * mib, kernelBytes: 32 * mib };
/** Of the bytes that may be kept, beyond which nobody may send ahead any more. The rest is for what is under way by then. */
const sentAhead = 0.5;
/** So much of them stays when connections were broken off. */
const leftOver = 0.75;

export class Backlog {
  readonly #limits: BacklogLimits;
  readonly #readKernel: () => number;
  readonly #connections = new Set<Ends>();
  #bytes = 0;

  constructor(limits: Partial<BacklogLimits> = {}, readKernel: () => number = readKernelBytes) {
    this.#limits = { ...usualLimits, ...limits };
    this.#readKernel = readKernel;
  }

  /** Connections that are carried. */
  get size(): number {
    return this.#connections.size;
  }

  /** One more connection would be more than it takes. */
  get isFull(): boolean {
    return this.size >= this.#limits.connections;
  }

  /** What a stream of the computer may send ahead of its reader: the less, the more is kept already. */
  get windowBytes(): number {
    const left = Math.max(1 - this.#bytes / (this.#limits.bytes * sentAhead), 0);
    const fair = 2 ** Math.floor(Math.log2(largestWindowBytes * left));
    return Math.max(fair, smallestWindowBytes);
  }

  /** @param ends until the first one closes */
  add(...ends: Ends): void {
    this.#connections.add(ends);
    ends[0].once('close', () => this.#connections.delete(ends));
  }

  /**
   * Looks how much it is now. Where it is too much, connections of those who read least are broken off, and no newcomer has
   * to pay for them. To be called many times a second.
   * @returns how many were broken off
   */
  look(): number {
    const { bytes: most, kernelBytes: kernelMost } = this.#limits;
    const kept = [...this.#connections].map((ends) => ({ ends, bytes: keptFor(ends) }));
    this.#bytes = kept.reduce((sum, { bytes }) => sum + bytes, 0);
    if (this.#bytes <= most && this.#readKernel() <= kernelMost) return 0;
    // Whose the kernel's buffers are it does not know: it breaks off one, and looks again.
    let tooMuch = Math.max(this.#bytes - most * leftOver, 1);
    let brokenOff = 0;
    for (const { ends, bytes } of kept.sort((one, other) => other.bytes - one.bytes)) {
      if (bytes === 0 || tooMuch <= 0) break;
      abort(ends[0]);
      tooMuch -= bytes;
      brokenOff++;
    }
    return brokenOff;
  }
}

function keptFor(ends: Ends): number {
  return ends.reduce((sum, { readableLength, writableLength }) => sum + readableLength + writableLength, 0);
}

/** As the container is charged for them: https://docs.kernel.org/admin-guide/cgroup-v2.html. 0: it is not (cgroup v1). */
function readKernelBytes(): number {
  try {
    return Number(/^sock (\d+)$/m.exec(readFileSync('/sys/fs/cgroup/memory.stat', 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
