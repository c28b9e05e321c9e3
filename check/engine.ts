/** What a check needs of an engine, the local mesh or a cluster: a place with a world and rules, and callers in it. */

import type { HeaderLines, Reply, RequestBatch } from './agent/agent.ts';
import type { Arrival } from './agent/echo.ts';
import type { Caller, LookStep, ProxyTable } from './format.ts';
import type { Scene } from './scene.ts';

/** A request as a caller makes it; where it connects to is the engine's affair. */
export interface Outgoing extends Omit<RequestBatch, 'address' | 'target'> {
  path: string;
  authority: string;
  /** The port that it is addressed to; at the gateway, its port. */
  port: number;
  /** Without Host. */
  headers: HeaderLines;
  /** The server block of the nginx that hands it on, where that is the caller. */
  nginx?: string;
}

/** A scene that is up. Names in requests, replies and arrivals are those of the scene, wherever it is run. */
export interface Site {
  /** One list of replies for each request, in order. */
  send(from: Caller, requests: readonly Outgoing[]): Promise<Reply[][]>;
  /** What arrived at upstreams of the requests with these ids (header `x-check`). */
  takeCalls(ids: readonly string[]): Promise<Record<string, Arrival[]>>;
  /** Requests that each `service/version` has been sent so far, where the pair answers. */
  counts?(): Promise<Readonly<Record<string, number>> | undefined>;
  /** Where those that answer tell their metrics, as URLs. */
  metrics?(): Promise<readonly string[] | undefined>;
  /** Begins to look for Envoy's response flags. @returns those since then; undefined where no log is to be had */
  watchFlags(): Promise<() => Promise<readonly string[] | undefined>>;
  /**
   * Status and response flags of every request since the scene was up, `503 UF,URX`, by the name of the proxy that
   * logged it: `gateway`, `client`; undefined where no log is to be had.
   */
  outcomes?(): Promise<Readonly<Record<string, readonly string[]>> | undefined>;
  /** What a proxy decides by, as `istioctl proxy-config` prints it; undefined: nobody can tell here. */
  look?(at: LookStep['look']['at'], table: ProxyTable): Promise<string | undefined>;
  /** Adds or replaces rules; in force when it returns. */
  apply(rules: string): Promise<void>;
  /** Puts the rule file in force as people have left it, where they may edit it. @throws RulesRefused */
  reload?(): Promise<void>;
  /** @param names `VirtualService service-a` */
  delete(names: readonly string[]): Promise<void>;
  /** @param replicas by `service/version` */
  scale(replicas: Readonly<Record<string, number>>): Promise<void>;
  /** Opens every caller, and an nginx for each of these, for people. @returns where each listens, and the host that stands outside */
  openAll?(fronts: readonly string[]): Promise<{ caller: string; url: string }[]>;
  /** Makes room for the next scene. */
  close(): Promise<void>;
}

/** Rules that the engine does not take: not valid, or not run there. A line each, as it said it. */
export class RulesRefused extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'RulesRefused';
    this.problems = problems;
  }
}

export interface Engine {
  name: string;
  kind: 'local' | 'cluster';
  /** How many scenes can be up at the same time. */
  capacity: number;
  /**
   * Puts a scene up; its rules are in force when it returns. Waits for room where `capacity` scenes are up.
   * What it says to rules that it does not take is the answer, not an exception.
   */
  open(scene: Scene): Promise<Site | RulesRefused>;
  close(): Promise<void>;
}
