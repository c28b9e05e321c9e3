/** A cluster as the map sees it: its objects are watched, the logs of its proxies followed. */
import type { Cluster } from '../../cluster/cluster.ts';
import type { ObjectReader } from '../../cluster/objects.ts';
import { ask } from '../../explain/live/ask.ts';
import { callerOf } from '../../explain/live/caller.ts';
import { countsOnCluster } from '../../explain/live/cluster-remarks.ts';
import { sightOf } from '../../explain/live/sight.ts';
import { notSeen } from '../../explain/live/snapshot.ts';
import type { Lanes } from '../../lanes/lanes.ts';
import { formatRemark, remarks } from '../../mesh/remarks/remarks.ts';
import { gatewayLabels } from '../../mesh/routing/gateway-port.ts';
import { arrivedColor, isEntrance, partyName } from '../../trace/hop.ts';
import { httpRouteSpecs } from '../../trace/http-routes.ts';
import type { TracedRequest } from '../../trace/join.ts';
import { type MeshLog, readMeshLog } from '../../trace/live/mesh-log.ts';
import { proxiesOf } from '../../trace/live/proxies.ts';
import { type LogLine, lineReader } from '../../trace/log-format.ts';
import { Requests } from '../../trace/requests.ts';
import { routeColors } from '../../trace/route-colors.ts';
import { Memory } from '../memory.ts';
import type { Edit, HopReason, LanesView, Plan, RequestReasons, RulesView } from '../protocol.ts';
import { requestView } from '../request-view.ts';
import { type Entrance, type MeshSource, Refusal, type SourceEvents } from '../source.ts';
import { entryHost } from '../view/entry-host.ts';
import { lanesView } from '../view/lanes-view.ts';
import { explained } from '../view/reasons.ts';
import { routeTables } from '../view/rules-view.ts';
import { Rulings } from '../view/rulings.ts';
import { ClusterChanges } from './cluster-changes.ts';
import { isOfOthers, lanesThere, runningThere } from './cluster-lanes.ts';
import { HopStream } from './hop-stream.ts';
import { WatchedMesh } from './watched-mesh.ts';

export interface ClusterSourceOptions {
  cluster: Cluster;
  objects: ObjectReader;
  /** Which services there are, and who calls whom. */
  lanes: Lanes;
  /** URL of the gateway; undefined: nothing can be sent. */
  gateway: string | undefined;
  /** Ends all that is watched and followed. */
  signal: AbortSignal;
}

/** How often it is looked which requests are whole. */
const settleMs = 1_000;
/** From the first line of a request to the last: proxies write once a second. */
const lagMs = 4_000;

export class ClusterSource implements MeshSource {
  readonly #options: ClusterSourceOptions;
  readonly #listeners = new Set<SourceEvents>();
  readonly #changes: ClusterChanges;
  readonly #hops: HopStream;
  readonly #requests: Requests;
  readonly #memory = new Memory();
  readonly #log: MeshLog;
  readonly #mesh: WatchedMesh;
  #rules = '';
  #generation = 0;

  private constructor(options: ClusterSourceOptions, mesh: WatchedMesh, log: MeshLog) {
    this.#options = options;
    this.#mesh = mesh;
    this.#log = log;
    this.#changes = new ClusterChanges(options.cluster);
    this.#requests = new Requests({
      isFirst: isEntrance,
      onRequest: (request) => this.#onRequest(request),
      maxWaiting: 50_000,
      waitMs: lagMs,
      lagMs,
    });
    this.#hops = new HopStream(options.cluster.context, {
      onHop: (hop) => this.#requests.add(hop, performance.now()),
      onRefused: () => this.#tellRules(),
    });
  }

  /** @throws Failure where the cluster does not answer */
  static async open(options: ClusterSourceOptions): Promise<ClusterSource> {
    const { cluster, objects, lanes, signal } = options;
    let source: ClusterSource | undefined;
    const onChange = () => {
      if (source) source.#onMesh();
    };
    const [mesh, log] = await Promise.all([
      WatchedMesh.open({ cluster, objects, namespaces: namespacesOf(lanes), onChange, signal }),
      readMeshLog(objects, lanes.header),
    ]);
    const opened = new ClusterSource(options, mesh, log);
    source = opened;
    opened.#onMesh();
    const timer = setInterval(() => opened.#requests.settle(performance.now()), settleMs);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      opened.#hops.close();
    });
    return opened;
  }

  entrance(): Entrance {
    const { gateway, lanes } = this.#options;
    return { gateway, header: lanes.header, host: entryHost(lanes) };
  }

  lanes(): LanesView {
    const { lanes, cluster, gateway } = this.#options;
    const { silence } = this.#mesh;
    const pods = this.#mesh.now.snapshot.pods.items;
    const there = lanesThere(lanes, pods);
    const caller = attempt(() => callerOf(this.#mesh.now.snapshot, 'gateway', lanes.namespace));
    const rulings = new Rulings({
      lanes: there,
      rules: this.#mesh.now.read.rules,
      gateway: caller?.proxy ?? unseenGateway,
      tableOf: (identity) => sightOf(this.#mesh.now, identity).table,
      probe: { path: '/' },
    });
    return lanesView({
      lanes: there,
      mesh: cluster.context,
      ...(gateway && { gateway }),
      ...(silence !== undefined && { silence }),
      runningOf: runningThere(pods),
      rulings,
    });
  }

  rules(): RulesView {
    const { lanes } = this.#options;
    const { read, live, snapshot, translated } = this.#mesh.now;
    const { undoable } = this.#changes;
    const { lost } = this.#requests;
    return {
      generation: this.#generation,
      tables: routeTables(translated.rules, lanes),
      remarks: [
        ...(this.#log.on === false ? [noAccessLog] : []),
        ...notSeen(snapshot),
        ...this.#mesh.unwatched,
        ...this.#hops.refused,
        ...(lost > 0 ? [`${lost} hops were let go: too many came at once`] : []),
        ...remarks(read.rules, live.registry).filter(countsOnCluster).map(formatRemark),
      ],
      problems: [],
      ...(undoable && { undo: undoable }),
    };
  }

  reasons(id: string): RequestReasons | undefined {
    const found = this.#memory.get(id);
    if (!found) return undefined;
    const { request, generation } = found;
    return {
      request: requestView(request),
      hops: request.hops.map((hop) => this.#reasonOf(hop)),
      rulesChanged: generation !== this.#generation,
    };
  }

  plan(edits: readonly Edit[]): Promise<Plan> {
    return this.#changes.plan(edits);
  }

  async apply(planId: string): Promise<void> {
    await this.#changes.apply(planId);
    await this.#mesh.read();
  }

  async undo(id: string): Promise<void> {
    try {
      await this.#changes.undo(id);
      await this.#mesh.read();
    } finally {
      // Another change is the last one now, even where this one was refused.
      this.#tellRules();
    }
  }

  async control(service: string, version: string): Promise<void> {
    throw new Refusal(400, `Pods of ${service}/${version} are stopped and started by kubectl, not here.`);
  }

  subscribe(events: SourceEvents): () => void {
    this.#listeners.add(events);
    return () => this.#listeners.delete(events);
  }

  #reasonOf(hop: TracedRequest['hops'][number]): HopReason {
    const { header, namespace } = this.#options.lanes;
    const line = (hop.evidence ?? {}) as LogLine;
    const arrived = arrivedColor(hop);
    const color = arrived && 'color' in arrived ? arrived.color : undefined;
    const authority = line.authority ?? '-';
    const headers = color === undefined ? [] : [[header, color] as const];
    const head = {
      method: hop.method,
      path: hop.path,
      authority,
      scheme: 'http' as const,
      port: Number(/:(\d+)$/.exec(authority)?.[1] ?? 80),
      headers: Object.fromEntries(headers),
    };
    const from = isEntrance(hop) || !hop.from.instance ? 'gateway' : `pod/${hop.from.instance}`;
    const answer = attempt(() => ask(this.#mesh.now, { from, namespace, head }));
    return {
      proxy: partyName(hop.from),
      request: `${hop.method} http://${authority}${hop.path}`,
      ...explained(answer?.proxied?.explanation),
      headers: [...headers, ['x-request-id', hop.requestId]],
    };
  }

  #onRequest(request: TracedRequest): void {
    if (isOfOthers(request, this.#options.lanes)) return;
    this.#memory.add(request, this.#generation);
    for (const listener of this.#listeners) listener.request(request);
  }

  #onMesh(): void {
    const rules = JSON.stringify(this.#mesh.now.read.rules);
    if (this.#rules !== '' && rules !== this.#rules) this.#generation++;
    this.#rules = rules;
    this.#follow();
    this.#tellRules();
    for (const listener of this.#listeners) listener.lanes();
  }

  #tellRules(): void {
    for (const listener of this.#listeners) listener.rules();
  }

  #follow(): void {
    const { lanes } = this.#options;
    const { pods, virtualServices, httpRoutes, grpcRoutes } = this.#mesh.now.snapshot;
    const { proxies, parties } = proxiesOf(pods, namespacesOf(lanes));
    const specs = [
      ...virtualServices.items.map(({ spec }) => spec),
      ...httpRouteSpecs([...httpRoutes.items, ...grpcRoutes.items]),
    ];
    const colors = routeColors(specs, lanes.header);
    const directory = {
      at: (address: string) => parties.get(address),
      route: (name: string) => colors.get(name),
    };
    this.#hops.follow(proxies, lineReader(this.#log), directory);
  }
}

/** Where its pods may not be seen, or it is one of several: that of Istio's own chart. */
const unseenGateway = {
  type: 'gateway' as const,
  name: 'gateway',
  namespace: 'istio-system',
  labels: gatewayLabels,
};

const noAccessLog =
  'MeshConfig has no accessLogFile: requests are seen only where a Telemetry object switches the access log on (npx coloring trace --log-settings)';

function namespacesOf(lanes: Lanes): string[] {
  return [...new Set([lanes.namespace, ...lanes.services.map(({ namespace }) => namespace), 'istio-system'])];
}

/** Undefined where it cannot be said: the pod has gone, say. */
function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
