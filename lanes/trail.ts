/** What a request saw, hop by hop; a flat list in the order of calls. */
import { z } from 'zod';

const hopSchema = z.object({
  service: z.string(),
  version: z.string(),
  /** The colour that arrived there; `-`: none. */
  color: z.string(),
  path: z.string().optional(),
  /** The service that asked, where that is not the one of the hop before. */
  caller: z.string().optional(),
  /** What arrived there, where it was asked for (`?headers`). */
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
});
const answerSchema = z.object({ trail: z.array(hopSchema) });

/** One hop: who served it, and the colour that arrived there. */
export type Hop = z.infer<typeof hopSchema>;

/** The trail in the JSON that a service of the kit answers, well or badly; undefined in any other text. */
export function readTrail(text: string): Hop[] | undefined {
  if (!text.startsWith('{')) return undefined; // an answer of a proxy, say
  try {
    return answerSchema.parse(JSON.parse(text)).trail;
  } catch {
    return undefined;
  }
}

export interface Answer {
  /** 0 where no answer came. */
  status: number;
  /** Absent where nobody knows it: no service of the kit answered, and no proxy's log is at hand. */
  trail?: readonly Hop[];
  /** The text of an answer that is no trail, or why none came; in one line. */
  body: string;
  /** What the proxies say of calls that nobody served, in words. */
  failures?: readonly string[];
}

/** For each hop the place in the list of the one that asked; undefined for the first. */
export function callersOf(trail: readonly Hop[]): (number | undefined)[] {
  return trail.map(({ caller }, index) => {
    if (index === 0) return undefined;
    if (caller === undefined) return index - 1;
    const before = trail.findLastIndex(({ service }, other) => other < index && service === caller);
    return before < 0 ? index - 1 : before;
  });
}
