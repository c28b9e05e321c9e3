/** Judges the requests that flow through a cluster, by reading the logs of its proxies again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isEntrance } from '../hop.ts';
import { Requests } from '../requests.ts';
import type { TraceSummary } from '../summary.ts';
import { lookAt, type Where } from './mesh-view.ts';

/** Between the end of one reading and the next. */
const pauseMs = 2_000;
/** From the first line of a request to the last: proxies write once a second, and are read one after the other. */
const lagMs = 6_000;
/** Pods come and go. */
const lookAgainMs = 15_000;

/**
 * Until the signal.
 * @returns what could not be read at the moment, a line each
 */
export function watchLive(where: Where, summary: TraceSummary, signal: AbortSignal) {
  let notes: readonly string[] = [];
  const requests = new Requests({
    isFirst: isEntrance,
    onRequest: (request, before) => summary.add(request, before),
    maxWaiting: 100_000,
    waitMs: lagMs,
    lagMs,
  });
  const done = (async () => {
    let view = await lookAt(where);
    let lookedAt = performance.now();
    while (!signal.aborted) {
      const now = performance.now();
      const { hops, notes: unread, hasColor } = await view.reader.read(view.proxies.proxies, 5, true);
      for (const hop of hops) requests.add(hop, now);
      requests.settle(now);
      const lost = requests.lost > 0 ? [`${requests.lost} hops were let go: too many waited`] : [];
      const silent = hops.length > 0 && !hasColor ? [noColor(where.header)] : [];
      notes = [...view.notes, ...unread, ...lost, ...silent];
      if (now - lookedAt > lookAgainMs) {
        view = await lookAt(where, view.reader);
        lookedAt = now;
      }
      await sleep(pauseMs, undefined, { signal });
    }
  })().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return { done, notes: () => notes };
}

export function noColor(header: string): string {
  return `the access log has no ${header}: judged by the names of routes, so only where a route of that colour is (coloring trace --log-settings shows what to write into MeshConfig)`;
}
