/** The proxies of a slot that decide: whether they have been told of a change, and what they logged. */

import pWaitFor from 'p-wait-for';
import { beginLogs, type LoggingProxy } from '../access-logs.ts';
import type { Reply, RequestBatch } from '../agent/agent.ts';
import type { Kubernetes } from './kubernetes.ts';
import {
  isMarkedWith,
  markerHost,
  type RouteKind,
  routeKinds,
  routeMarkerHost,
  witnessPath,
} from './marker.ts';
import type { SlotNames } from './names.ts';
import type { PodSession } from './pod-session.ts';
import { probe } from './probe.ts';
import type { Witness } from './witness.ts';

/** An address that nobody has: sidecars look at port and Host, not at it. */
export const nobody = '198.51.100.1';

interface Parts {
  api: Kubernetes;
  outside: { session: PodSession };
  client: PodSession;
  elsewhere: PodSession;
  gatewayAddress: string;
}

/**
 * An Envoy is told by one thread and decides in several, one for each processor; the system gives each connection to any
 * of them. So many, at the same time, meet them all.
 */
const connections = 16;

/** Others beside these: sessions beside sidecars that decide as well. */
type Others = readonly PodSession[];

/** What the proxies are to have: a state of the rules, and what else the scene has. */
interface Change {
  marker: string;
  /** Kinds of routes that have a marker. */
  routes: readonly RouteKind[];
  /** Where endpoints are real. */
  witness: Witness | undefined;
}

export class SlotProxies {
  readonly #names: SlotNames;
  readonly #parts: Parts;

  constructor(names: SlotNames, parts: Parts) {
    this.#names = names;
    this.#parts = parts;
  }

  /** Resolves when all know the rules that the markers were applied behind, and the endpoints of the witness. */
  async untilTold({ marker, routes, witness }: Change, others: Others): Promise<void> {
    const { client, elsewhere, outside, gatewayAddress } = this.#parts;
    const ways = [
      ...[client, elsewhere, ...others].map((session) => ({ session, address: nobody })),
      { session: outside.session, address: gatewayAddress },
    ];
    await Promise.all(
      ways.map(async ({ session, address }) => {
        const isMarker = (reply: Reply) => isMarkedWith(marker, reply);
        await this.#seen(session, { address, path: '/' }, isMarker);
        for (const kind of routes) await this.#seen(session, { address, path: '/', kind }, isMarker);
        if (!witness) return;
        // Endpoints travel on a way of their own, and may come later.
        await this.#seen(session, { address, path: witnessPath }, witness.isKnown, connections);
        await this.#seen(session, { address, path: '/' }, isMarker, connections);
      }),
    );
  }

  beginLogs(others: Others = []): ReturnType<typeof beginLogs> {
    const { main, elsewhere, system } = this.#names;
    const { outside, client, elsewhere: stranger, gatewayAddress, api } = this.#parts;
    const proxy = (namespace: string, pod: string, session: PodSession, address = nobody): LoggingProxy => ({
      read: (seconds) => api.log(namespace, pod, 'istio-proxy', seconds),
      mark: async (path) => void (await session.send([this.#probe(address, path)])),
    });
    const proxies = [
      ['gateway', proxy(system, 'gateway', outside.session, gatewayAddress)],
      ['client', proxy(main, 'client', client)],
      ['client', proxy(elsewhere, 'client', stranger)],
      ...others.map((one) => [one.pod, proxy(one.namespace, one.pod, one)] as const),
    ] as const;
    const own = new Set([undefined, ...routeKinds].map((kind) => this.#markerHost(kind)));
    return beginLogs(proxies, (authority) => own.has(authority));
  }

  /** A request that a marker answers: the rules', or that of a kind of routes. */
  #probe(address: string, target: string, kind?: RouteKind): RequestBatch {
    return probe(address, 80, target, this.#markerHost(kind));
  }

  #markerHost(kind?: RouteKind): string {
    const { main, system } = this.#names;
    return kind ? routeMarkerHost(system, kind) : markerHost(main);
  }

  async #seen(
    session: PodSession,
    { address, path, kind }: { address: string; path: string; kind?: RouteKind },
    isIt: (reply: Reply) => boolean,
    times = 1,
  ): Promise<void> {
    const batch = { ...this.#probe(address, path, kind), times, concurrency: times };
    let other: Reply | undefined;
    const areTaken = async () => {
      const [replies = []] = await session.send([batch]);
      other = replies.find((one) => !isIt(one));
      return other === undefined;
    };
    const fallback = () => {
      throw new Error(
        `${this.#names.main}: a proxy has not taken the rules within 60 s (${kind ?? path}: ${other?.status} ${other?.error ?? other?.body})`,
      );
    };
    await pWaitFor(areTaken, { interval: 100, timeout: { milliseconds: 60_000, fallback } });
  }
}
