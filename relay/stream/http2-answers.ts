/** Which requests of a connection that speaks HTTP/2 have no answer yet, read off its frames (RFC 9113, section 4.1). */

const frameHeadBytes = 9;
const headersFrame = 1;
const resetFrame = 3;

export const http2Preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export class Http2Answers {
  readonly #open = new Set<number>();
  #newest = 0;
  readonly #asked = new Frames((type, stream) => {
    if (type === headersFrame && stream > this.#newest) {
      this.#newest = stream;
      this.#open.add(stream);
    } else if (type === resetFrame) this.#open.delete(stream);
  }, http2Preface.length);
  readonly #answered = new Frames((type, stream) => {
    if (type === headersFrame || type === resetFrame) this.#open.delete(stream);
  });

  get awaits(): boolean {
    return this.#open.size > 0;
  }

  asked(bytes: Buffer): void {
    this.#asked.read(bytes);
  }

  answered(bytes: Buffer): void {
    this.#answered.read(bytes);
  }
}

/** Frames of one direction, of which only the heads are looked at. */
class Frames {
  readonly #onFrame: (type: number, stream: number) => void;
  readonly #head = Buffer.alloc(frameHeadBytes);
  #headBytes = 0;
  /** Bytes that follow and are no head. */
  #skip: number;

  constructor(onFrame: (type: number, stream: number) => void, skip = 0) {
    this.#onFrame = onFrame;
    this.#skip = skip;
  }

  read(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, bytes.length - at);
        this.#skip -= passed;
        at += passed;
        continue;
      }
      const copied = bytes.copy(this.#head, this.#headBytes, at);
      this.#headBytes += copied;
      at += copied;
      if (this.#headBytes < frameHeadBytes) return;
      this.#headBytes = 0;
      this.#skip = this.#head.readUIntBE(0, 3);
      this.#onFrame(this.#head.readUInt8(3), this.#head.readUInt32BE(5) & 0x7fffffff);
    }
  }
}
