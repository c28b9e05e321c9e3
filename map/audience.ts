/** All pages that listen, and what they are told. What nobody listens to is not worked out. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { commonHeaders, sendProblem } from './answers.ts';
import { Edges } from './edges.ts';
import type { ServerEvents } from './protocol.ts';
import { requestView } from './request-view.ts';
import type { Sender } from './sender.ts';
import type { MeshSource } from './source.ts';
import { Subscriber } from './subscriber.ts';

const flushMs = 100;
const edgesMs = 1_000;
const pingMs = 15_000;
const maxPages = 20;
/** A page that is hidden does not listen: who looks at another tab for a while finds all as it was. */
const desertedMs = 300_000;

export class Audience {
  readonly #source: MeshSource;
  readonly #sender: Sender;
  readonly #pages = new Map<Subscriber, ServerResponse>();
  readonly #edges = new Edges();
  readonly #timers: NodeJS.Timeout[];
  readonly #unsubscribe: () => void;
  #deserted: NodeJS.Timeout | undefined;

  constructor(source: MeshSource, sender: Sender) {
    this.#source = source;
    this.#sender = sender;
    this.#unsubscribe = source.subscribe({
      lanes: () => this.#tellState('lanes', () => source.lanes()),
      rules: () => this.#tellState('rules', () => source.rules()),
      request: (request) => {
        this.#edges.add(request, performance.now());
        if (this.#pages.size === 0) return;
        const view = requestView(request);
        this.#tell((page) => page.request(view));
      },
    });
    this.#timers = [
      setInterval(() => this.#tell((page) => page.flush()), flushMs),
      setInterval(() => this.#tellState('edges', () => this.#edges.view(performance.now())), edgesMs),
      setInterval(() => this.#tell((page) => page.ping()), pingMs),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Lets a page listen until it goes. HEAD asks whether it may. */
  welcome(req: IncomingMessage, res: ServerResponse): void {
    if (this.#pages.size >= maxPages) {
      sendProblem(res, 429, `${maxPages} pages listen already; close one.`);
      return;
    }
    res.writeHead(200, { ...commonHeaders, 'content-type': 'text/event-stream' });
    if (req.method === 'HEAD') {
      res.end();
      return;
    }
    res.write('retry: 1000\n\n');
    const page = new Subscriber(res);
    page.state('lanes', this.#source.lanes());
    page.state('rules', this.#source.rules());
    page.state('edges', this.#edges.view(performance.now()));
    page.state('sending', this.#sender.settings);
    page.flush();
    this.#pages.set(page, res);
    clearTimeout(this.#deserted);
    req.on('close', () => {
      this.#pages.delete(page);
      this.#stopWhenDeserted();
    });
  }

  sendingChanged(): void {
    this.#stopWhenDeserted();
    this.#tellState('sending', () => this.#sender.settings);
  }

  close(): void {
    this.#unsubscribe();
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#deserted);
    for (const res of this.#pages.values()) res.end();
  }

  /** Where no page comes, nobody is there to stop what is sent. */
  #stopWhenDeserted(): void {
    clearTimeout(this.#deserted);
    if (this.#pages.size === 0) this.#deserted = setTimeout(() => this.#sender.use(null), desertedMs).unref();
  }

  #tellState<Name extends Exclude<keyof ServerEvents, 'traffic'>>(
    name: Name,
    view: () => ServerEvents[Name],
  ) {
    if (this.#pages.size === 0) return;
    const value = view();
    this.#tell((page) => page.state(name, value));
  }

  #tell(say: (page: Subscriber) => void): void {
    for (const page of this.#pages.keys()) say(page);
  }
}
