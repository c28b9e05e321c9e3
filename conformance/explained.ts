/** Holds what explain says of a running cluster against what its Envoys then do: with each request of a comparison. */

import type { Reply } from '../check/agent/agent.ts';
import { type Arrival, checkHeader } from '../check/agent/echo.ts';
import { type Engine, type Outgoing, RulesRefused, type Site } from '../check/engine.ts';
import type { Caller } from '../check/format.ts';
import { back, forth, type SlotNames } from '../check/istio/names.ts';
import { SlotSite } from '../check/istio/slot-site.ts';
import { observe } from '../check/observation.ts';
import type { Scene } from '../check/scene.ts';
import type { ObjectReader } from '../cluster/objects.ts';
import { ask, type LiveAnswer } from '../explain/live/ask.ts';
import { type LiveMesh, readMesh } from '../explain/live/live-mesh.ts';
import { targetUriOf } from '../explain/target-uri.ts';

/** A request that went elsewhere than explain said. */
interface Misjudged {
  /** The file of the scene. */
  file: string;
  from: Caller;
  request: Outgoing;
  said: readonly string[];
  seen: readonly string[];
}

/** An engine that asks explain before each request, and sees afterwards where it went. */
export class ExplainedEngine implements Engine {
  readonly name: string;
  readonly kind = 'cluster';
  readonly capacity: number;
  told = 0;
  /** Requests that a rule concerned which explain names as not judged. */
  notJudged = 0;
  readonly #misjudged: Misjudged[] = [];
  readonly #istio: Engine;
  readonly #reader: ObjectReader;

  constructor(istio: Engine, reader: ObjectReader) {
    this.name = istio.name;
    this.capacity = istio.capacity;
    this.#istio = istio;
    this.#reader = reader;
  }

  close(): Promise<void> {
    return this.#istio.close();
  }

  /** Those of this file since it was asked last, a line each. */
  takeMisjudged(file: string): string[] {
    const mine = this.#misjudged.filter((one) => one.file === file);
    for (const one of mine) this.#misjudged.splice(this.#misjudged.indexOf(one), 1);
    return mine.map(
      ({ from, request: { method, authority, path }, said, seen }) =>
        `${from}: ${method} ${authority}${path}: explain --context: ${said.join(' or ')}; Envoy: ${seen.join(' or ')}`,
    );
  }

  async open(scene: Scene): Promise<Site | RulesRefused> {
    const site = await this.#istio.open(scene);
    return site instanceof RulesRefused || !(site instanceof SlotSite) ? site : this.#explained(scene, site);
  }

  /** The same site, with its requests judged. */
  #explained(scene: Scene, site: SlotSite): Site {
    const waiting = new Map<string, Omit<Misjudged, 'seen'> & { replies: readonly Reply[] }>();
    let mesh: Promise<LiveMesh> | undefined;
    const changed = () => {
      mesh = undefined;
    };
    const judged: Partial<Site> = {
      send: async (from, requests) => {
        mesh ??= readMesh(this.#reader, []);
        const asked = await mesh;
        const replies = await site.send(from, requests);
        for (const [i, request] of requests.entries()) {
          const answer = answerTo({ mesh: asked, names: site.names, scene }, from, request);
          // What depends on it is named; where such a request goes is not told.
          if (answer && answer.notJudged.length > 0) this.notJudged++;
          const said =
            answer?.notJudged.length === 0
              ? back(inShort(answer), site.names, scene.world.namespace)
              : undefined;
          const id = request.headers.find(([name]) => name === checkHeader)?.[1];
          if (said && id)
            waiting.set(id, { file: scene.file, from, request, said, replies: replies[i] ?? [] });
        }
        return replies;
      },
      takeCalls: async (ids) => {
        const calls = await site.takeCalls(ids);
        for (const id of ids) {
          const one = waiting.get(id);
          if (!one) continue;
          waiting.delete(id);
          const { replies, ...rest } = one;
          const seen = outcomesOf(replies, calls[id] ?? []);
          this.told++;
          const isRight = seen.some((outcome) => one.said.includes(outcome)) || replies.every(wasTried);
          if (!isRight) this.#misjudged.push({ ...rest, seen });
        }
        return calls;
      },
      apply: (rules) => site.apply(rules).finally(changed),
      delete: (names) => site.delete(names).finally(changed),
      scale: (replicas) => site.scale(replicas).finally(changed),
    };
    return new Proxy(site, {
      get: (target, key) => {
        const own = judged[key as keyof Site];
        if (own) return own;
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

/** What explain says of a request; undefined where no proxy is asked. */
function answerTo(
  { mesh, names, scene }: { mesh: LiveMesh; names: SlotNames; scene: Scene },
  from: Caller,
  { method, path, authority, port, headers, http }: Outgoing,
): LiveAnswer | undefined {
  const { main, elsewhere, system } = names;
  const { namespace } = scene.world;
  const caller = {
    gateway: { from: 'pod/gateway', namespace: system },
    client: { from: 'pod/client', namespace: main },
    'other-namespace': { from: 'pod/client', namespace: elsewhere },
    'no-sidecar': undefined,
    node: undefined,
    nginx: undefined,
  }[from];
  const called = forth(authority, names, namespace);
  const address = targetUriOf(`http://${called}/`);
  // What is refused before any rule is looked at has nothing to do with rules.
  if (!caller || !address || http === '1.0') return undefined;
  const byName = Map.groupBy(headers, ([name]) => name.toLowerCase());
  const lines = Object.fromEntries([...byName].map(([name, all]) => [name, all.map(([, value]) => value)]));
  const head = { ...address, authority: called, method, path, port, headers: forth(lines, names, namespace) };
  return ask(mesh, { ...caller, head });
}

/** `service-b/release-v1 GET /path host` for each that may answer, or the status of an answer that is the proxy's own. */
function inShort({ endings, head }: LiveAnswer): string[] {
  const all = endings.flatMap(({ answerers, outcome = '', way }) => {
    const [status = outcome] = /^(?:grpc-status )?\d+/.exec(outcome) ?? [];
    if (answerers.length === 0) return [status];
    const { path, authority } = way?.decision ?? head;
    return answerers.map((one) => {
      const { app, version } = one.type === 'outside' ? {} : one.endpoint.labels;
      // What stands outside of the world has one name for all.
      return `${app ? `${app}/${version}` : 'outside/v1'} ${head.method} ${path} ${authority}`;
    });
  });
  return [...new Set(all)];
}

/** Where a request went: everybody who was called, the first try of a retried one among them, or the proxy's own status. */
function outcomesOf(replies: readonly Reply[], calls: readonly Arrival[]): string[] {
  const served = replies.flatMap((reply) => {
    const { served, arrived } = observe(reply);
    return served && arrived ? [`${served} ${arrived.method} ${arrived.path} ${arrived.authority}`] : [];
  });
  const called = calls.map(
    ({ service, version, method, path, authority }) => `${service}/${version} ${method} ${path} ${authority}`,
  );
  if (served.length + called.length > 0) return [...new Set([...served, ...called])];
  return replies.map(({ status, headers }) => {
    // To gRPC an answer of the proxy's own is 200, with its status in a header.
    const [, grpcStatus] = headers.find(([name]) => name === 'grpc-status') ?? [];
    return grpcStatus === undefined ? String(status) : `grpc-status ${grpcStatus}`;
  });
}

/** Envoy tried an endpoint, which took no connection: nobody can tell which. */
function wasTried({ body }: Reply): boolean {
  return body.startsWith('upstream connect error or disconnect/reset before headers');
}
