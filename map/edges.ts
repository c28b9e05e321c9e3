/** What went between whom in the last seconds: rate, share, errors, percentiles. Bounded, however much goes. */
import { hasFailed, partyName } from '../trace/hop.ts';
import type { TracedRequest } from '../trace/join.ts';
import type { EdgeView } from './protocol.ts';

/** Buckets grow by a fifth each: a percentile is right to 10 %. From 0.1 ms to over five minutes. */
const growth = 1.2;
const smallestMs = 0.1;
const bucketCount = 85;

/** One edge in one second. */
interface Cell {
  count: number;
  errors: number;
  durations: Uint32Array;
}

export class Edges {
  readonly #windowMs: number;
  readonly #stepMs: number;
  /** By second, then by `from > to`. */
  readonly #steps = new Map<number, Map<string, Cell>>();

  constructor(windowMs = 10_000, stepMs = 1_000) {
    this.#windowMs = windowMs;
    this.#stepMs = stepMs;
  }

  add(request: TracedRequest, now: number): void {
    const step = Math.floor(now / this.#stepMs);
    let cells = this.#steps.get(step);
    if (!cells) {
      cells = new Map();
      this.#steps.set(step, cells);
      this.#forget(now);
    }
    for (const hop of request.hops) {
      if (!hop.to) continue;
      const key = `${partyName(hop.from)} > ${partyName(hop.to)}`;
      let cell = cells.get(key);
      if (!cell) {
        cell = { count: 0, errors: 0, durations: new Uint32Array(bucketCount) };
        cells.set(key, cell);
      }
      cell.count++;
      if (hasFailed(hop)) cell.errors++;
      const bucket = bucketOf(hop.durationMs);
      cell.durations[bucket] = (cell.durations[bucket] ?? 0) + 1;
    }
  }

  /** Edges that anything went over within the window. */
  view(now: number): EdgeView[] {
    this.#forget(now);
    const sums = new Map<string, Cell>();
    for (const cells of this.#steps.values()) {
      for (const [key, { count, errors, durations }] of cells) {
        const sum = sums.get(key) ?? { count: 0, errors: 0, durations: new Uint32Array(bucketCount) };
        sum.count += count;
        sum.errors += errors;
        for (const [i, n] of durations.entries()) sum.durations[i] = (sum.durations[i] ?? 0) + n;
        sums.set(key, sum);
      }
    }
    const edges = [...sums].map(([key, cell]) => ({ cell, ...ends(key) }));
    const totals = new Map<string, number>();
    for (const { from, service, cell } of edges) {
      totals.set(`${from} ${service}`, (totals.get(`${from} ${service}`) ?? 0) + cell.count);
    }
    return edges.map(({ from, to, service, cell }) => ({
      from,
      to,
      perSecond: (cell.count * 1_000) / this.#windowMs,
      share: cell.count / (totals.get(`${from} ${service}`) ?? cell.count),
      errorShare: cell.errors / cell.count,
      p50: percentile(cell, 0.5),
      p95: percentile(cell, 0.95),
    }));
  }

  #forget(now: number): void {
    const oldest = Math.floor((now - this.#windowMs) / this.#stepMs);
    for (const step of this.#steps.keys()) if (step <= oldest) this.#steps.delete(step);
  }
}

function ends(key: string): { from: string; to: string; service: string } {
  const [from = '', to = ''] = key.split(' > ');
  return { from, to, service: to.split('/')[0] ?? to };
}

function bucketOf(ms: number): number {
  const bucket = Math.ceil(Math.log(Math.max(ms, smallestMs) / smallestMs) / Math.log(growth));
  return Math.min(bucket, bucketCount - 1);
}

/** The middle of the bucket that holds it, in milliseconds with one decimal. */
function percentile({ count, durations }: Cell, p: number): number {
  const rank = Math.ceil(count * p);
  let seen = 0;
  for (const [i, n] of durations.entries()) {
    seen += n;
    if (seen >= rank) return Math.round(smallestMs * growth ** (i - 0.5) * 10) / 10;
  }
  return 0;
}
