/** How edges were in the last minutes, a point a second. Bounded, whatever goes. Pure. */
import type { EdgeView } from '../protocol.ts';

type Figure = 'perSecond' | 'errorShare' | 'p50' | 'p95';

/** One edge over time: all lists are as long as `at`; null where nothing went. */
export type Past = { at: readonly number[] } & Readonly<Record<Figure, readonly (number | null)[]>>;

const seconds = 180;

export class History {
  readonly #points: number;
  /** The oldest first: when, in seconds since 1970, and the edges by `from > to`. */
  readonly #past: { at: number; edges: ReadonlyMap<string, EdgeView> }[] = [];

  constructor(points = seconds) {
    this.#points = points;
  }

  add(edges: readonly EdgeView[], at: number): void {
    this.#past.push({ at, edges: new Map(edges.map((edge) => [`${edge.from} > ${edge.to}`, edge])) });
    if (this.#past.length > this.#points) this.#past.shift();
  }

  /** @param edge `from > to` */
  of(edge: string): Past {
    const list = (figure: Figure) => this.#past.map(({ edges }) => edges.get(edge)?.[figure] ?? null);
    return {
      at: this.#past.map(({ at }) => at),
      // Where nothing went, that is what went.
      perSecond: list('perSecond').map((value) => value ?? 0),
      errorShare: list('errorShare'),
      p50: list('p50'),
      p95: list('p95'),
    };
  }
}
