/** Which colour flows over which edge: the paint of an edge that many requests take. Pure. */
import type { TrafficView } from '../protocol.ts';
import { partyKey } from './dots.ts';

export class Streams {
  /** By `from > to`, then by colour (empty: none). */
  readonly #flows = new Map<string, Map<string, number>>();

  add({ requests, flows }: TrafficView): void {
    for (const { hops } of requests) {
      for (const { from, to, color } of hops) if (to) this.#count(partyKey(from), partyKey(to), color, 1);
    }
    for (const { from, to, color, count } of flows) this.#count(from, to, color, count);
  }

  /** Half of what was is forgotten: to be called every few seconds. */
  fade(): void {
    for (const [edge, colors] of this.#flows) {
      for (const [color, count] of colors) {
        if (count < 0.5) colors.delete(color);
        else colors.set(color, count / 2);
      }
      if (colors.size === 0) this.#flows.delete(edge);
    }
  }

  /** The colour that most requests on this edge have; undefined: none, or nothing flows. */
  color(from: string, to: string): string | undefined {
    let most: string | undefined;
    let count = 0;
    for (const [color, n] of this.#flows.get(`${from} > ${to}`) ?? []) {
      if (n > count) {
        most = color;
        count = n;
      }
    }
    return most || undefined;
  }

  #count(from: string, to: string, color = '', count: number): void {
    const edge = `${from} > ${to}`;
    const colors = this.#flows.get(edge) ?? new Map<string, number>();
    colors.set(color, (colors.get(color) ?? 0) + count);
    this.#flows.set(edge, colors);
  }
}
