/** Sends one request in each colour to the gateway of a cluster, and follows them through the logs of its proxies. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseColor } from '../../carry/color.ts';
import { probe } from '../../lanes/probe.ts';
import type { Answer } from '../../lanes/trail.ts';
import { Failure } from '../../runtime/failure.ts';
import { isEntrance, type LoggedHop } from '../hop.ts';
import { joinHops, type TracedRequest } from '../join.ts';
import { requestsOf } from '../requests.ts';
import type { ReadLogs } from './log-reader.ts';
import type { MeshView } from './mesh-view.ts';

export interface LiveQuestion {
  /** Of the gateway. */
  url: string;
  path: string;
  host?: string;
  /** Undefined: without the header. */
  colors: readonly (string | undefined)[];
  signal: AbortSignal;
}

export interface LiveAnswer {
  color: string | undefined;
  answer: Answer;
  /** Absent where no log has it. */
  request?: TracedRequest;
}

/** Envoy writes its log every second; kubelet and a busy cluster take their time, too. */
const everyMs = 1_000;
const patienceMs = 12_000;

/** @throws Failure where the gateway does not answer */
export async function askLive(
  { proxies, reader, header }: MeshView,
  { url, path, host, colors, signal }: LiveQuestion,
): Promise<{ answers: LiveAnswer[]; logs: ReadLogs }> {
  const startedAt = performance.now();
  const mark = `coloring-trace/${randomUUID()}`;
  const sent: { color: string | undefined; userAgent: string; answer: Answer }[] = [];
  for (const [index, color] of colors.entries()) {
    signal.throwIfAborted();
    const userAgent = `${mark}-${index}`;
    const answer = await probe({ url, path, header, userAgent }, { color, host });
    if (answer.status === 0)
      throw new Failure(`${url} does not answer: ${answer.body}. Another one: --url URL`, 2);
    sent.push({ color, userAgent, answer });
  }
  let seen = -1;
  for (;;) {
    await sleep(everyMs, undefined, { signal });
    const seconds = Math.ceil((performance.now() - startedAt) / 1_000) + 5;
    const logs = await reader.read(proxies.proxies, seconds);
    const requests = requestsOf(logs.hops, (hop) => isEntrance(hop) || sent.some((one) => isOf(hop, one)));
    const answers = sent.map(({ userAgent, color, answer }) => {
      const request = requests.find(({ hops }) => hops.some((hop) => isOf(hop, { userAgent })));
      return { color, answer, ...(request && { request }) };
    });
    const hops = answers.flatMap(({ request }) => request?.hops ?? []);
    const isWhole = answers.every(({ request }) => request) && hops.length === seen;
    if (isWhole || performance.now() - startedAt > patienceMs)
      return { answers: answers.map(withColor), logs };
    seen = hops.length;
  }
}

/** At the gateway, or where a log of it cannot be read, at the first that it called. */
function isOf(hop: LoggedHop, { userAgent }: { userAgent: string }): boolean {
  return hop.userAgent === userAgent && hop.from.version === undefined;
}

/** What went out to the gateway is known, whatever its log has. */
function withColor(answer: LiveAnswer): LiveAnswer {
  const { request } = answer;
  const [first, ...others] = request?.hops ?? [];
  if (!first || !isEntrance(first)) return answer;
  const sent = { color: parseColor(answer.color).color };
  const { out: seen, set } = first.seen ?? {};
  const out = set || (seen && 'color' in seen) ? seen : sent;
  const hops = [{ ...first, seen: { ...first.seen, in: sent, ...(out && { out }) } }, ...others];
  return { ...answer, request: joinHops(hops.map(({ parent: _, ...hop }) => hop)) };
}
