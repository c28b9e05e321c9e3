/** Many requests summed up: for each edge between services what became of the colours, and who loses them. */
import { arrivedColor, colorWord, isColored, type Party, partyName, type Seen, sentColor } from './hop.ts';
import type { Loss, TracedHop, TracedRequest } from './join.ts';

/** All requests from one version to another. */
export interface Edge {
  from: string;
  to: string;
  requests: number;
  /** Of requests by colour: as they came to the caller, and as they left him; `-` for none, `?` where nobody knows. */
  cameIn: Map<string, number>;
  wentOut: Map<string, number>;
  /** Those of which it is known that a colour came to the caller, and what he sent. */
  judged: number;
  /** Those of them whose colour he dropped or changed. */
  lost: number;
}

/** One service that does not carry on what it should. */
export interface Finding {
  by: Party;
  what: Loss['what'];
  /** Whom it called then. */
  to?: Party;
  count: number;
  /** One of them. */
  evidence: { request: TracedRequest; loss: Loss };
}

/** Colours of an edge that are told one by one; all others are one more. */
const mostColors = 20;
const others = '…';

export class TraceSummary {
  readonly #edges = new Map<string, Edge>();
  readonly #findings = new Map<string, Finding>();
  requests = 0;

  /** @param before what this request takes the place of */
  add(request: TracedRequest, before?: TracedRequest): void {
    if (before) this.#count(before, -1);
    this.#count(request, 1);
  }

  edges(): Edge[] {
    return [...this.#edges.values()].filter(({ requests }) => requests > 0);
  }

  /** Those that lose a colour before those that only begin a new id; who does so most, first. */
  findings(): Finding[] {
    const rank = ({ what }: Finding) => (isColorLoss(what) ? 0 : 1);
    return [...this.#findings.values()]
      .filter(({ count }) => count > 0)
      .sort((a, b) => rank(a) - rank(b) || b.count - a.count);
  }

  /** Whether anything could be said of any colour. */
  get judged(): number {
    return this.edges().reduce((sum, { judged }) => sum + judged, 0);
  }

  #count(request: TracedRequest, by: 1 | -1): void {
    this.requests += by;
    for (const [index, hop] of request.hops.entries()) {
      if (!hop.to) continue;
      const losses = request.losses.filter((loss) => loss.hop === index);
      this.#countEdge(hop, request.hops[hop.parent ?? -1], losses, by);
      for (const loss of losses) this.#countLoss(request, hop, loss, by);
    }
  }

  #countEdge(hop: TracedHop, before: TracedHop | undefined, losses: readonly Loss[], by: 1 | -1): void {
    const { from, to } = hop;
    const name = `${partyName(from)} > ${to ? partyName(to) : '?'}`;
    let edge = this.#edges.get(name);
    if (!edge) {
      const counts = { requests: 0, judged: 0, lost: 0, cameIn: new Map(), wentOut: new Map() };
      edge = { from: partyName(from), to: to ? partyName(to) : '?', ...counts };
      this.#edges.set(name, edge);
    }
    // What comes from outside has the colour that it has.
    const came = before ? arrivedColor(before) : sentColor(hop);
    const lost = losses.some(({ what }) => isColorLoss(what));
    edge.requests += by;
    if (before && (lost || (isColored(came) && colorWord(sentColor(hop)) !== '?'))) edge.judged += by;
    if (lost) edge.lost += by;
    countColor(edge.cameIn, came, by);
    countColor(edge.wentOut, sentColor(hop), by);
  }

  #countLoss(request: TracedRequest, { to }: TracedHop, loss: Loss, by: 1 | -1): void {
    const key = `${partyName(loss.by)} ${loss.what} ${to?.service}`;
    const found = this.#findings.get(key);
    if (found) found.count += by;
    else
      this.#findings.set(key, {
        by: loss.by,
        what: loss.what,
        ...(to && { to }),
        count: by,
        evidence: { request, loss },
      });
  }
}

/** A new request id is a loss for those who look for a request, not for its colour. */
export function isColorLoss(what: Loss['what']): boolean {
  return what !== 'request-id';
}

function countColor(counts: Map<string, number>, seen: Seen | undefined, by: 1 | -1): void {
  const word = colorWord(seen);
  const key = counts.has(word) || counts.size < mostColors ? word : others;
  counts.set(key, (counts.get(key) ?? 0) + by);
}
