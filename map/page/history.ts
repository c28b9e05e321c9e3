/**
 * How edges were in the last minutes, a point a second; none of the time in which the page was hidden. Bounded, whatever
 * goes. Pure.
 */
import type { EdgeView } from '../protocol.ts';

const figures = ['perSecond', 'errorShare', 'p50', 'p95'] as const;
type Figure = (typeof figures)[number];

/** One edge over time: all lists are as long as `at`; null where nothing went. */
export type Past = { at: readonly number[] } & Readonly<Record<Figure, readonly (number | null)[]>>;

const seconds = 180;

/** Numbers alone are kept: what came as objects would be megabytes. NaN: nothing went. */
interface Ring {
  values: Record<Figure, Float32Array>;
  /** Points since the edge was last used. */
  idle: number;
}

export class History {
  readonly #points: number;
  readonly #at: Float64Array;
  /** By `from > to`. */
  readonly #rings = new Map<string, Ring>();
  #count = 0;

  constructor(points = seconds) {
    this.#points = points;
    this.#at = new Float64Array(points);
  }

  /** @param at seconds since 1970 */
  add(edges: readonly EdgeView[], at: number): void {
    const slot = this.#count++ % this.#points;
    this.#at[slot] = at;
    for (const [key, ring] of this.#rings) {
      for (const figure of figures) ring.values[figure][slot] = Number.NaN;
      if (++ring.idle >= this.#points) this.#rings.delete(key);
    }
    for (const edge of edges) {
      const key = `${edge.from} > ${edge.to}`;
      const ring = this.#rings.get(key) ?? this.#newRing();
      this.#rings.set(key, ring);
      ring.idle = 0;
      for (const figure of figures) ring.values[figure][slot] = edge[figure];
    }
  }

  /** @param edge `from > to` */
  of(edge: string): Past {
    const oldest = Math.max(0, this.#count - this.#points);
    const since = (this.#at[(this.#count - 1) % this.#points] ?? 0) - this.#points;
    const slots = Array.from({ length: this.#count - oldest }, (_, i) => (oldest + i) % this.#points).filter(
      (slot) => (this.#at[slot] ?? 0) > since,
    );
    const values = this.#rings.get(edge)?.values;
    const list = (figure: Figure) =>
      slots.map((slot) => {
        const value = values?.[figure][slot] ?? Number.NaN;
        return Number.isNaN(value) ? null : value;
      });
    return {
      at: slots.map((slot) => this.#at[slot] ?? 0),
      // Where nothing went, that is what went.
      perSecond: list('perSecond').map((value) => value ?? 0),
      errorShare: list('errorShare'),
      p50: list('p50'),
      p95: list('p95'),
    };
  }

  #newRing(): Ring {
    const empty = () => new Float32Array(this.#points).fill(Number.NaN);
    return { values: { perSecond: empty(), errorShare: empty(), p50: empty(), p95: empty() }, idle: 0 };
  }
}
