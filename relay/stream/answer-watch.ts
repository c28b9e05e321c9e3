/** Whether somebody waits for an answer on a carried connection, by the bytes that go over it. */
import { Http2Answers, http2Preface } from './http2-answers.ts';

const requestLine = /^[A-Z]{3,20} \S/;
const informational = /^HTTP\/1\.[01] 1(?!01)/;
/** So much of a piece is looked at. */
const lookedAtBytes = 24;

const beginning = (bytes: Buffer) => bytes.toString('latin1', 0, lookedAtBytes);

export class AnswerWatch {
  #awaits = false;
  #began = false;
  #http2: Http2Answers | undefined;

  /** Whether something was asked and not answered. A new connection awaits nothing until it asks. */
  get awaits(): boolean {
    return this.#http2?.awaits ?? this.#awaits;
  }

  get isHttp2(): boolean {
    return this.#http2 !== undefined;
  }

  /** Bytes of the caller. Behind an answer only a request's head asks again; other bytes belong to what was asked. */
  asked(bytes: Buffer): void {
    if (!this.#began && beginning(bytes) === http2Preface) this.#http2 = new Http2Answers();
    if (this.#http2) this.#http2.asked(bytes);
    else if (!this.#began || requestLine.test(beginning(bytes))) this.#awaits = true;
    this.#began = true;
  }

  /** Bytes of the program that answers; an informational answer is none yet. */
  answered(bytes: Buffer): void {
    if (this.#http2) this.#http2.answered(bytes);
    else if (!this.#awaits || !isInformational(bytes)) this.#awaits = false;
  }
}

/** Whether it is heads of informational answers and nothing else. */
function isInformational(bytes: Buffer): boolean {
  let rest = bytes;
  while (informational.test(beginning(rest))) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0 || end + 4 === rest.length) return true;
    rest = rest.subarray(end + 4);
  }
  return false;
}
