/** A mesh for tests of the map: it says what it is told to say. */
import { EventEmitter } from 'node:events';
import type { TracedRequest } from '../trace/join.ts';
import type { Control, Edit, LanesView, Plan, RequestReasons, RulesView, ServiceView } from './protocol.ts';
import { type MeshSource, Refusal, type SourceEvents } from './source.ts';

export class FakeSource implements MeshSource {
  gateway = 'http://127.0.0.1:9';
  colors: readonly string[] = ['v1'];
  services: readonly ServiceView[] = [];
  generation = 0;
  readonly known = new Map<string, RequestReasons>();
  readonly done: unknown[] = [];
  readonly #events = new EventEmitter();

  entrance() {
    return { gateway: this.gateway, header: 'project-version' };
  }

  lanes(): LanesView {
    const { colors, services } = this;
    return { mesh: 'test', ...this.entrance(), colors, telling: [null, ...colors], services };
  }

  rules(): RulesView {
    return { generation: this.generation, tables: [], remarks: [], problems: [] };
  }

  reasons(id: string): RequestReasons | undefined {
    return this.known.get(id);
  }

  subscribe(events: SourceEvents): () => void {
    const entries = Object.entries(events);
    for (const [name, listener] of entries) this.#events.on(name, listener);
    return () => {
      for (const [name, listener] of entries) this.#events.off(name, listener);
    };
  }

  request(request: TracedRequest): void {
    this.#events.emit('request', request);
  }

  rulesChanged(): void {
    this.generation++;
    this.#events.emit('rules');
  }

  lanesChanged(): void {
    this.#events.emit('lanes');
  }

  async plan(edits: readonly Edit[]): Promise<Plan> {
    return { id: 'p1', parts: [{ target: `${edits.length} changes`, diff: [] }], remarks: [] };
  }

  async apply(planId: string): Promise<void> {
    if (planId !== 'p1') throw new Refusal(409, 'It has changed since.');
    this.done.push(['apply', planId]);
  }

  async undo(id: string): Promise<void> {
    this.done.push(['undo', id]);
  }

  async control(...order: [service: string, version: string, control: Control]): Promise<void> {
    this.done.push(['control', ...order]);
  }
}

/** A service whose versions are all ready; the first is the baseline. */
export function serviceView(name: string, calls: string[], versions: string[]): ServiceView {
  return {
    name,
    namespace: 'n',
    calls,
    entry: calls.length > 0,
    baseline: versions[0] ?? '',
    versions: versions.map((version) => ({
      name: version,
      ready: 1,
      total: 1,
      state: 'ready',
      control: 'run',
      controls: [],
      marks: [],
    })),
    routesToNothing: [],
  };
}
