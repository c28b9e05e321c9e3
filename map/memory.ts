/** The last requests, for those who ask why. */
import type { TracedRequest } from '../trace/join.ts';

interface Remembered {
  request: TracedRequest;
  /** Of the rules, when it came. */
  generation: number;
}

export class Memory {
  readonly #most: number;
  readonly #requests = new Map<string, Remembered>();

  constructor(most = 500) {
    this.#most = most;
  }

  add(request: TracedRequest, generation: number): void {
    this.#requests.set(request.id, { request, generation });
    if (this.#requests.size > this.#most) this.#requests.delete(this.#requests.keys().next().value ?? '');
  }

  get(id: string): Remembered | undefined {
    return this.#requests.get(id);
  }
}
