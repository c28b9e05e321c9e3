/** What a request saw, hop by hop; a flat list in the order of calls. */

/** One hop: who served it, and the colour that arrived there (`-`: none). */
export interface Hop {
  service: string;
  version: string;
  color: string;
  /** The service that asked, where that is not the one of the hop before. */
  caller?: string | undefined;
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
