/**
 * One page that listens, by server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). A page
 * that reads slowly gets fewer events, never old ones: of a state only the newest waits, of traffic a bounded part.
 */
import { partyName } from '../trace/hop.ts';
import type { RequestView, ServerEvents, TrafficView } from './protocol.ts';

/** The part of a response that is needed; a test gives its own. */
export interface Outlet {
  write(text: string): boolean;
  readonly writableNeedDrain: boolean;
}

/** Whole requests in one message; of more only the sums are told. */
const maxRequests = 30;
const maxFlows = 500;

export class Subscriber {
  readonly #outlet: Outlet;
  readonly #states = new Map<keyof ServerEvents, unknown>();
  #requests: RequestView[] = [];
  #skipped = 0;
  readonly #flows = new Map<string, { from: string; to: string; color?: string; count: number }>();

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** Puts the newest state of something in the place of the one before, if that has not gone out yet. */
  state<Name extends Exclude<keyof ServerEvents, 'traffic'>>(name: Name, value: ServerEvents[Name]): void {
    this.#states.set(name, value);
  }

  request(request: RequestView): void {
    if (this.#requests.length < maxRequests || isTelling(request)) {
      this.#requests.push(request);
      if (this.#requests.length > maxRequests) this.#skip(this.#leastTelling());
    } else this.#skip(request);
  }

  /** Sends what waits, unless what was sent before has not gone out yet. */
  flush(): void {
    if (this.#outlet.writableNeedDrain) return;
    let text = '';
    for (const [name, value] of this.#states) text += message(name, value);
    this.#states.clear();
    if (this.#requests.length > 0 || this.#skipped > 0) {
      const traffic: TrafficView = {
        requests: this.#requests,
        skipped: this.#skipped,
        flows: [...this.#flows.values()],
      };
      text += message('traffic', traffic);
      this.#requests = [];
      this.#skipped = 0;
      this.#flows.clear();
    }
    if (text) this.#outlet.write(text);
  }

  /** Says that the server is there, where nothing else has been said for a while. */
  ping(): void {
    if (!this.#outlet.writableNeedDrain) this.#outlet.write(': still here\n\n');
  }

  #leastTelling(): RequestView {
    const index = this.#requests.findIndex((request) => !isTelling(request));
    return this.#requests.splice(Math.max(0, index), 1)[0] as RequestView;
  }

  #skip({ hops }: RequestView): void {
    this.#skipped++;
    for (const { from, to, color } of hops) {
      if (!to) continue;
      const key = `${partyName(from)} > ${partyName(to)} ${color ?? ''}`;
      const flow = this.#flows.get(key);
      if (flow) flow.count++;
      else if (this.#flows.size < maxFlows) {
        this.#flows.set(key, { from: partyName(from), to: partyName(to), ...(color && { color }), count: 1 });
      }
    }
  }
}

/** What a person must not miss: something failed, or a colour was lost. */
function isTelling({ hops, losses }: RequestView): boolean {
  return losses.length > 0 || hops.some(({ failed }) => failed);
}

function message(name: keyof ServerEvents, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}
