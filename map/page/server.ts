/** Asks the server, and listens to it. */
import type { ServerEvents, TrafficView } from '../protocol.ts';
import * as state from './state.ts';

/** An answer that says why something was not done. */
class Problem extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(
    path,
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
  const answer = (await response.json()) as Answer & { detail?: string };
  if (!response.ok) throw new Problem(response.status, answer.detail ?? response.statusText);
  return answer;
}

/** As {@link ask}, for what is done by a click: what went wrong is shown. @returns whether it went well */
export async function command(path: string, body: unknown): Promise<boolean> {
  try {
    await ask(path, body);
    state.notice.value = null;
    return true;
  } catch (error) {
    state.notice.value = (error as Error).message;
    return false;
  }
}

const retryMs = 1_500;
/** Why this page may not listen, by status. */
const refusals: Readonly<Record<number, 'shut-out' | 'crowded'>> = { 401: 'shut-out', 429: 'crowded' };

/** Listens for as long as the page is open. @param onTraffic for what moves */
export function listen(onTraffic: (traffic: TrafficView) => void): void {
  const source = new EventSource('/events');
  const on = <Name extends keyof ServerEvents>(name: Name, tell: (value: ServerEvents[Name]) => void) =>
    source.addEventListener(name, (event) => tell(JSON.parse((event as MessageEvent<string>).data)));
  source.onopen = () => {
    state.link.value = 'up';
  };
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) {
      state.link.value = 'down';
      return;
    }
    // Refused: the browser does not try again by itself.
    setTimeout(async () => {
      const answer = await fetch('/events', { method: 'HEAD' }).catch(() => undefined);
      state.link.value = refusals[answer?.status ?? 0] ?? 'down';
      listen(onTraffic);
    }, retryMs);
  };
  on('lanes', (value) => {
    state.lanes.value = value;
  });
  on('rules', (value) => {
    state.rules.value = value;
  });
  on('edges', (value) => {
    state.history.add(value, Date.now() / 1_000);
    state.edges.value = value;
  });
  on('sending', (value) => {
    state.sending.value = value;
  });
  on('traffic', (traffic) => {
    state.remember(traffic.requests);
    state.skipped.value += traffic.skipped;
    onTraffic(traffic);
  });
}
