/** Asks the server, and listens to it while the page is seen. */
import type { ServerEvents, TrafficView } from '../protocol.ts';
import * as state from './state.ts';
import { words } from './words.ts';

const answerMs = 30_000;
/** The server tells of edges every second. */
const silenceMs = 5_000;
const retryMs = 1_500;
/** Why this page may not listen, by status. */
const refusals: Readonly<Record<number, 'shut-out' | 'crowded'>> = { 401: 'shut-out', 429: 'crowded' };

/** Ends what was asked of a server that is silent. */
let silence = new AbortController();
/** What was said last of a server that does not answer, or does not let in: no longer true when it is heard. */
let lastTrouble: string | undefined;

/**
 * @param body undefined: it is read only
 * @throws Error with a sentence for a person where it was not done
 */
export async function ask<Answer>(path: string, body?: unknown, withinMs = answerMs): Promise<Answer> {
  const { response, answer } = await fetch(path, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    signal: AbortSignal.any([silence.signal, AbortSignal.timeout(withinMs)]),
  })
    .then(async (response) => ({
      response,
      answer: (await response.json()) as Answer & { detail?: string },
    }))
    .catch(() => trouble(words.value.noAnswer));
  if (response.status === 401) return trouble(words.value.shutOut);
  if (!response.ok) throw new Error(answer.detail ?? response.statusText);
  return answer;
}

function trouble(sentence: string): never {
  lastTrouble = sentence;
  throw new Error(sentence);
}

/** As {@link ask}, for what is done by a click: what went wrong is shown. @returns whether it went well */
export async function command(path: string, body: unknown, withinMs?: number): Promise<boolean> {
  try {
    await ask(path, body, withinMs);
    state.notice.value = null;
    return true;
  } catch (error) {
    state.notice.value = (error as Error).message;
    return false;
  }
}

/**
 * Listens while the page is seen, from now on: a browser has six connections to a host for all its tabs, and one that
 * listens holds one of them. What was missed is told when it listens again.
 * @param onTraffic for what moves
 */
export function listen(onTraffic: (traffic: TrafficView) => void): void {
  let seen = new AbortController();
  const follow = () => {
    seen.abort();
    seen = new AbortController();
    if (!document.hidden) connect(onTraffic, seen.signal);
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}

/** Connects, again and again where that fails. @param seen is aborted when it is to end */
function connect(onTraffic: (traffic: TrafficView) => void, seen: AbortSignal): void {
  if (seen.aborted) return;
  const source = new EventSource('/events');
  let timer = 0;
  seen.addEventListener('abort', () => {
    clearTimeout(timer);
    source.close();
  });
  // A process that was stopped (Ctrl-Z) keeps its connections open.
  const expectMore = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      state.link.value = 'down';
      silence.abort();
    }, silenceMs);
  };
  const heard = () => {
    state.link.value = 'up';
    if (silence.signal.aborted) silence = new AbortController();
    if (state.notice.value === lastTrouble) state.notice.value = null;
    expectMore();
  };
  expectMore();
  const on = <Name extends keyof ServerEvents>(name: Name, tell: (value: ServerEvents[Name]) => void) =>
    source.addEventListener(name, (event) => tell(JSON.parse((event as MessageEvent<string>).data)));
  source.onopen = heard;
  source.onerror = () => {
    clearTimeout(timer);
    if (source.readyState !== EventSource.CLOSED) {
      state.link.value = 'down';
      return;
    }
    // Refused: the browser does not try again by itself.
    timer = setTimeout(async () => {
      const answer = await fetch('/events', { method: 'HEAD' }).catch(() => undefined);
      state.link.value = refusals[answer?.status ?? 0] ?? 'down';
      connect(onTraffic, seen);
    }, retryMs);
  };
  on('lanes', (value) => {
    state.lanes.value = value;
  });
  on('rules', (value) => {
    state.rules.value = value;
  });
  on('edges', (value) => {
    heard();
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
