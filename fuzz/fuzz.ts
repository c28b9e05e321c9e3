/** Sends inputs, many at a time, and says what should not have happened. */
import { isDeepStrictEqual } from 'node:util';
import { type Input, receivers } from './input.ts';
import { inputs } from './inputs.ts';
import { largestFlood } from './kinds.ts';
import { send } from './send.ts';
import { type Holdings, type Subject, startSubject } from './subject.ts';

export interface FuzzOptions {
  requests: number;
  seed: number;
  /** The number of one input, to send it alone. */
  only?: number | undefined;
  /** At a time. Default 16. */
  connections?: number;
  onProgress?: (sent: number, holds: Holdings) => void;
}

export interface Finding {
  /** Of the input, for `--only`; undefined: of the program as a whole. */
  number?: number;
  input?: Input;
  what: string;
}

export interface Fuzzed {
  sent: number;
  seconds: number;
  /** How many of each kind. */
  kinds: Readonly<Record<string, number>>;
  /** After a tenth, and at the end. */
  holdings: readonly [Holdings, Holdings];
  findings: readonly Finding[];
}

/** More than these is growth: between the proxies and the services pools of connections come and go, as does code. */
const slack: Holdings = { descriptors: 600, connections: 0, heap: 25, resident: 250 };

/** More would not be read. */
const mostFindings = 20;

export async function fuzz(options: FuzzOptions): Promise<Fuzzed> {
  const subject = await startSubject();
  try {
    return await fuzzSubject(subject, options);
  } finally {
    await subject.stop();
  }
}

async function fuzzSubject(subject: Subject, options: FuzzOptions): Promise<Fuzzed> {
  const { requests, seed, only, connections = 16, onProgress } = options;
  const findings: Finding[] = [];
  const kinds: Record<string, number> = {};
  const began = performance.now();
  let sent = 0;
  const source = inputs(seed, requests);
  const work = async (until: number) => {
    while (sent < until && findings.length < mostFindings && subject.faults.length === 0) {
      const { value, done } = source.next();
      if (done) return;
      const [number, input] = value;
      sent++;
      if (only !== undefined && number !== only) continue;
      kinds[input.kind] = (kinds[input.kind] ?? 0) + 1;
      const what = await send(input, subject.ports[input.target]);
      if (what) findings.push({ number, input, what });
    }
  };
  const sendUntil = (until: number) => Promise.all(Array.from({ length: connections }, () => work(until)));
  // So that pools of connections have their size before anything is counted.
  for (const target of receivers) await send(largestFlood(target), subject.ports[target]);
  await sendUntil(requests / 10);
  const first = await holdingsOf(subject);
  let last = first;
  for (let tenth = 2; tenth <= 10; tenth++) {
    await sendUntil((requests * tenth) / 10);
    if (tenth < 10 && !onProgress) continue;
    last = await holdingsOf(subject);
    onProgress?.(sent, last);
  }
  for (const what of subject.faults) findings.push({ what });
  findings.push(...growth(first, last));
  return { sent, seconds: (performance.now() - began) / 1000, kinds, holdings: [first, last], findings };
}

const nothing: Holdings = { descriptors: 0, connections: 0, heap: 0, resident: 0 };

/** Nothing where the program has ended, which is a fault of its own. */
async function holdingsOf(subject: Subject): Promise<Holdings> {
  return subject.faults.length > 0 ? nothing : subject.measure();
}

function growth(first: Holdings, last: Holdings): Finding[] {
  if (isDeepStrictEqual(last, nothing)) return [];
  return (Object.keys(slack) as (keyof Holdings)[]).flatMap((what) => {
    const more = last[what] - first[what];
    return more > slack[what] ? [{ what: `${what} grew by ${Math.round(more)}` }] : [];
  });
}
