/** A request's body, which several may read: the try under way, the next one, and mirrors. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** Envoy's per_connection_buffer_limit_bytes: a longer body can be sent once only. */
const replayLimitBytes = 1024 * 1024;

export class RequestBody {
  readonly #source: IncomingMessage;
  readonly #readers = new Set<Readable>();
  #kept: Buffer[] = [];
  #bytes = 0;
  #replayable: boolean;
  #ended = false;

  /**
   * @param source is read only while a reader wants more.
   * @param keep whether what was read is kept for a reader that comes later.
   * @param onEnd called when the client has sent all of it.
   */
  constructor(source: IncomingMessage, keep: boolean, onEnd: () => void) {
    this.#source = source;
    this.#replayable = keep;
    source.pause();
    source.on('data', (chunk: Buffer) => this.#take(chunk));
    source.on('end', () => {
      this.#ended = true;
      for (const reader of this.#readers) reader.push(null);
      onEnd();
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether a new reader gets the body from its beginning. */
  get complete(): boolean {
    return this.#replayable || this.#bytes === 0;
  }

  /** The body from its beginning. A reader that is destroyed hinders nobody. */
  open(): Readable {
    const reader = new Readable({
      read: () => {
        if (!this.#ended) this.#source.resume();
      },
      destroy: (error, done) => {
        this.#readers.delete(reader);
        done(error);
      },
    });
    // Whoever cuts a try off destroys its body with a reason; it is told elsewhere.
    reader.on('error', () => {});
    for (const chunk of this.#kept) reader.push(chunk);
    if (this.#ended) reader.push(null);
    else this.#readers.add(reader);
    return reader;
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > replayLimitBytes) {
      this.#replayable = false;
      this.#kept = [];
    }
    if (this.#replayable) this.#kept.push(chunk);
    for (const reader of this.#readers) if (!reader.push(chunk)) this.#source.pause();
  }
}
