/** Whether the lane is ready: what the computer said last, and how long ago. */
import { freshMs, type State } from '../stream/heartbeat.ts';

/** A program that was kept from running has not listened either: a longer step of its clock is no silence. */
const longestStepMs = 250;

export class Readiness {
  #said: State | undefined;
  #silentForMs = 0;
  #inIsUp = false;
  #stopping = false;

  /** Time goes on. To be called several times in `freshMs`. */
  passed(ms: number): void {
    this.#silentForMs += Math.min(ms, longestStepMs);
  }

  /** A heartbeat of the computer. */
  said(state: State): void {
    this.#said = state;
    this.#silentForMs = 0;
  }

  /** The connection that carries the heartbeats is gone. */
  silenced(): void {
    this.#said = undefined;
  }

  set inIsUp(up: boolean) {
    this.#inIsUp = up;
  }

  /** From now on it is not ready, whatever is said. */
  stop(): void {
    this.#stopping = true;
  }

  /** Since the computer was last heard of; since the start, where it never was. */
  get silentForMs(): number {
    return this.#silentForMs;
  }

  get state(): State {
    if (this.#stopping) return notReady('the relay ends');
    if (!this.#said) return notReady('no computer is connected');
    if (!this.#inIsUp) return notReady('the computer takes no connections');
    if (this.silentForMs >= freshMs) return notReady('the computer is silent');
    return this.#said;
  }
}

const notReady = (why: string): State => ({ ready: false, why });
