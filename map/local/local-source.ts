/** The local mesh as the map sees it. */
import { isDeepStrictEqual } from 'node:util';

import { sidecarOf } from '../../explain/walk.ts';
import type { Lanes } from '../../lanes/lanes.ts';
import { remarksOn } from '../../lanes/rules.ts';
import { entryReader } from '../../local/entry-hop.ts';
import type { LocalLanes } from '../../local/local-lanes.ts';
import type { ReloadResult } from '../../mesh/mesh.ts';
import type { AccessLogEntry } from '../../mesh/proxy/access-log.ts';
import { formatRemark } from '../../mesh/remarks/remarks.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import { isEntrance } from '../../trace/hop.ts';
import type { TracedRequest } from '../../trace/join.ts';
import { Requests } from '../../trace/requests.ts';
import { Memory } from '../memory.ts';
import type { Control, Edit, LanesView, Plan, RequestReasons, RulesView } from '../protocol.ts';
import { requestView } from '../request-view.ts';
import type { Entrance, MeshSource, SourceEvents } from '../source.ts';
import { entryHost } from '../view/entry-host.ts';
import { lanesView } from '../view/lanes-view.ts';
import { routeTables } from '../view/rules-view.ts';
import { Rulings } from '../view/rulings.ts';
import { Tables } from '../view/tables.ts';
import { Changes } from './changes.ts';
import { Controls } from './controls.ts';
import type { FeedListener, LocalFeed } from './feed.ts';
import { reasonOf } from './reasons.ts';
import { runningHere } from './running.ts';

export interface LocalSourceOptions {
  local: LocalLanes;
  feed: LocalFeed;
  /** Where the rules stand; undefined: they were made from the lanes. */
  rules?: string;
  /** The request by which the rules are asked where each colour goes. */
  probe: { path: string; host?: string };
}

const settleMs = 1_000;

export class LocalSource implements MeshSource, FeedListener {
  readonly #options: LocalSourceOptions;
  readonly #readEntry: ReturnType<typeof entryReader>;
  readonly #listeners = new Set<SourceEvents>();
  readonly #requests: Requests;
  readonly #remembered = new Memory();
  readonly #tables: Tables;
  readonly #identities: ReadonlyMap<string, ProxyIdentity>;
  readonly #timer: NodeJS.Timeout;
  readonly #changes: Changes;
  readonly #controls: Controls;
  /** Callers by the version that they leave alone. */
  #ejections: ReadonlyMap<string, readonly string[]> = new Map();
  #rulings: Rulings | undefined;
  #generation = 0;
  #problems: readonly string[] = [];

  constructor(options: LocalSourceOptions) {
    const { local, feed } = options;
    this.#options = options;
    this.#readEntry = entryReader(local.lanes, local.whoListens);
    this.#changes = new Changes({
      lanes: local.lanes,
      folder: options.rules,
      rules: () => local.mesh.rules(),
      sources: () => local.mesh.sources(),
      problems: () => this.#problems,
    });
    this.#controls = new Controls(local);
    this.#tables = new Tables((proxy) => local.mesh.table(proxy));
    this.#identities = identities(local.lanes, local.mesh.gatewayIdentity);
    this.#requests = new Requests({
      isFirst: isEntrance,
      onRequest: (request) => this.#onRequest(request),
    });
    this.#timer = setInterval(() => {
      this.#requests.settle(performance.now());
      this.#lookForEjections();
    }, settleMs);
    this.#timer.unref();
    feed.listener = this;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.feed.listener = undefined;
  }

  subscribe(events: SourceEvents): () => void {
    this.#listeners.add(events);
    return () => this.#listeners.delete(events);
  }

  entrance(): Entrance {
    const { mesh, lanes } = this.#options.local;
    return {
      gateway: mesh.gateway.url,
      header: lanes.header,
      host: this.#options.probe.host ?? entryHost(lanes),
    };
  }

  lanes(): LanesView {
    const { local, feed, probe } = this.#options;
    const { lanes, mesh } = local;
    this.#rulings ??= new Rulings({
      lanes,
      rules: mesh.rules(),
      gateway: mesh.gatewayIdentity,
      tableOf: this.#tables.of,
      probe,
    });
    return lanesView({
      lanes,
      gateway: mesh.gateway.url,
      runningOf: runningHere(local.replicas, feed.states, this.#controls),
      ejectedBy: (service, version) => this.#ejections.get(`${service.name}/${version.name}`) ?? [],
      rulings: this.#rulings,
    });
  }

  rules(): RulesView {
    const { lanes, mesh } = this.#options.local;
    const rules = mesh.rules();
    const { undoable } = this.#changes;
    return {
      generation: this.#generation,
      tables: routeTables(this.#tables.of(mesh.gatewayIdentity).rules, lanes),
      remarks: remarksOn(rules, lanes).map(formatRemark),
      problems: this.#problems,
      ...(undoable && { undo: undoable }),
    };
  }

  reasons(id: string): RequestReasons | undefined {
    const found = this.#remembered.get(id);
    if (!found) return undefined;
    const tableOf = (name: string) => {
      const identity = this.#identities.get(name);
      return identity && this.#tables.of(identity);
    };
    return {
      request: requestView(found.request),
      hops: found.request.hops.map(({ evidence }) => {
        const entry = evidence as AccessLogEntry;
        return reasonOf(entry, tableOf(entry.proxy));
      }),
      rulesChanged: found.generation !== this.#generation,
    };
  }

  plan(edits: readonly Edit[]): Promise<Plan> {
    return this.#changes.plan(edits);
  }

  async apply(planId: string): Promise<void> {
    await this.#options.local.mesh.use(await this.#changes.apply(planId));
  }

  async undo(id: string): Promise<void> {
    try {
      await this.#options.local.mesh.use(await this.#changes.undo(id));
    } finally {
      // Another change is the last one now, even where this one was refused.
      for (const listener of this.#listeners) listener.rules();
    }
  }

  async control(service: string, version: string, control: Control): Promise<void> {
    this.#controls.make(service, version, control);
    this.changed();
  }

  entry(entry: AccessLogEntry): void {
    this.#requests.add(this.#readEntry(entry), performance.now());
  }

  changed(): void {
    this.#rulesOrEndpointsChanged();
    for (const listener of this.#listeners) listener.lanes();
  }

  reloaded(result: ReloadResult): void {
    this.#problems = result.ok ? [] : result.problems;
    if (result.ok) this.#generation++;
    this.#rulesOrEndpointsChanged();
    for (const listener of this.#listeners) {
      listener.rules();
      listener.lanes();
    }
  }

  #rulesOrEndpointsChanged(): void {
    this.#tables.clear();
    this.#rulings = undefined;
  }

  /** Proxies count for themselves and tell nobody. */
  #lookForEjections(): void {
    const { mesh, whoListens } = this.#options.local;
    const found = new Map<string, string[]>();
    for (const { proxy, address } of mesh.ejections()) {
      const { service, version } = whoListens(address) ?? {};
      const key = `${service?.name}/${version?.name}`;
      found.set(key, [...new Set([...(found.get(key) ?? []), proxy])].sort());
    }
    if (isDeepStrictEqual(found, this.#ejections)) return;
    this.#ejections = found;
    for (const listener of this.#listeners) listener.lanes();
  }

  #onRequest(request: TracedRequest): void {
    this.#remembered.add(request, this.#generation);
    for (const listener of this.#listeners) listener.request(request);
  }
}

function identities(lanes: Lanes, gateway: ProxyIdentity): Map<string, ProxyIdentity> {
  const sidecars = lanes.services.flatMap((service) =>
    service.versions.map((version) => sidecarOf(service, version)),
  );
  return new Map([gateway, ...sidecars].map((identity) => [identity.name, identity]));
}
