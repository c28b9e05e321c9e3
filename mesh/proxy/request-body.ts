/** A request's body, which several may read: the try under way, the next one, and mirrors. */

import { Readable } from 'node:stream';
import type { ClientRequest } from './client.ts';
import { bufferLimitBytes } from './limits.ts';

/** One beyond the buffer's limit can be sent once only, and a copy that is so much behind is given up. */
export class RequestBody {
  readonly #source: ClientRequest;
  readonly #readers = new Set<Readable>();
  readonly #copies = new Map<Readable, () => void>();
  #kept: Buffer[] = [];
  #bytes = 0;
  #replayable: boolean;
  #ended = false;

  /**
   * @param source is read only while a try wants more.
   * @param keep whether what was read is kept for a reader that comes later.
   * @param onEnd called when the client has sent all of it.
   */
  constructor(source: ClientRequest, keep: boolean, onEnd: () => void) {
    this.#source = source;
    this.#replayable = keep;
    source.pause();
    source.on('data', (chunk: Buffer) => this.#take(chunk));
    source.on('end', () => {
      this.#ended = true;
      for (const reader of [...this.#readers, ...this.#copies.keys()]) reader.push(null);
      onEnd();
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a new reader gets the body from its beginning. */
  get complete(): boolean {
    return this.#replayable || this.#bytes === 0;
  }

  /** The body from its beginning, for a try, which sets the pace. A reader that is destroyed hinders nobody. */
  open(): Readable {
    return this.#reader({
      add: (reader) => this.#readers.add(reader),
      remove: (reader) => this.#readers.delete(reader),
      read: () => {
        if (!this.#ended) this.#source.resume();
      },
    });
  }

  /**
   * The body from its beginning, for a mirror, for which nobody waits.
   * @param onBehind called when so much has come that it has not taken that it is given up.
   */
  copy(onBehind: () => void): Readable {
    return this.#reader({
      add: (reader) => this.#copies.set(reader, onBehind),
      remove: (reader) => this.#copies.delete(reader),
      read: () => {},
    });
  }

  /** Nobody reads any more: what the client still sends is thrown away, so that its next request is found behind it. */
  discard(): void {
    this.#readers.clear();
    this.#kept = [];
    this.#replayable = false;
    if (!this.#ended) this.#source.resume();
  }

  #reader(kind: { add(reader: Readable): void; remove(reader: Readable): void; read(): void }): Readable {
    const reader = new Readable({
      read: kind.read,
      destroy: (error, done) => {
        kind.remove(reader);
        done(error);
      },
    });
    // Whoever cuts a try off destroys its body with a reason; it is told elsewhere.
    reader.on('error', () => {});
    for (const chunk of this.#kept) reader.push(chunk);
    if (this.#ended) reader.push(null);
    else kind.add(reader);
    return reader;
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > bufferLimitBytes) {
      this.#replayable = false;
      this.#kept = [];
    }
    if (this.#replayable) this.#kept.push(chunk);
    for (const reader of this.#readers) if (!reader.push(chunk)) this.#source.pause();
    for (const [copy, onBehind] of this.#copies) {
      copy.push(chunk);
      if (copy.readableLength <= bufferLimitBytes) continue;
      onBehind();
      copy.destroy();
    }
  }
}
