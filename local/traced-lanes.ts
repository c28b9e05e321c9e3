/** lanes.yaml on this computer for as long as requests through it are followed: `coloring trace` without a cluster. */
import { traceLanes } from '../lanes/lane-table.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { RuleSet } from '../mesh/rules/model.ts';
import { isEntrance } from '../trace/hop.ts';
import type { TracedRequest } from '../trace/join.ts';
import { Requests } from '../trace/requests.ts';
import { entryReader } from './entry-hop.ts';
import { type LocalLanes, replicaName, startLocalLanes } from './local-lanes.ts';

export interface TracedLanesOptions {
  lanes: Lanes;
  /** A folder, or the rules themselves. */
  rules: string | RuleSet;
  /** Of the gateway. */
  port: number;
  /** A line about a process that does not do well. */
  say: (line: string) => void;
}

export interface AskedRequest {
  color: string | undefined;
  request: TracedRequest;
}

/** Starts the lanes, and waits until it is known of each process how it goes. */
export async function startTraced(
  { lanes, rules, port, say }: TracedLanesOptions,
  onRequest: (request: TracedRequest, before?: TracedRequest) => void = () => {},
): Promise<LocalLanes> {
  const requests = new Requests({ isFirst: isEntrance, onRequest });
  const timer = setInterval(() => requests.settle(performance.now()), 1_000);
  let readEntry: ReturnType<typeof entryReader> | undefined;
  const local = await startLocalLanes({
    lanes,
    rules,
    defaultNamespace: lanes.namespace,
    gateway: { port },
    onAccessLog: (entry) => readEntry && requests.add(readEntry(entry), performance.now()),
    onChange: (replica, change) => {
      if (change.type === 'died') say(`${replicaName(replica)} died: ${change.reason}`);
      if (change.type === 'slow' && replica.version.ready)
        say(`${replicaName(replica)} is not ready: ${change.why}`);
    },
  });
  readEntry = entryReader(lanes, local.whoListens);
  await local.settled;
  const stop = local.stop;
  return {
    ...local,
    stop: (graceMs) => {
      clearInterval(timer);
      return stop(graceMs);
    },
  };
}

/**
 * Sends a request in each colour and follows it.
 * @param colors undefined among them: without the header; none: those that tell most
 * @returns what went how; colours whose request never came to the gateway's log are left out
 */
export async function askTraced(
  local: LocalLanes,
  path: string,
  colors: readonly (string | undefined)[] | undefined,
): Promise<AskedRequest[]> {
  const asked: AskedRequest[] = [];
  const ask = async (question: { color: string | undefined; host?: string | undefined }) => {
    const before = local.traced().length;
    const answer = await local.ask(question, path);
    const request = local.traced()[before];
    if (request) asked.push({ color: question.color, request });
    return answer;
  };
  if (!colors) await traceLanes(local.lanes, ask);
  else for (const color of colors) await ask({ color });
  return asked;
}
