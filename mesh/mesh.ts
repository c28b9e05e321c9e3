/**
 * The local mesh as one object: a gateway, a sidecar for each workload, and the rules that steer them.
 * It knows Istio rules and HTTP; which services run, and as which processes, is its caller's affair.
 */

import type { Registry } from './network/registry.ts';
import type { AccessLogEntry } from './proxy/access-log.ts';
import type { ProxyIdentity } from './routing/decision.ts';
import type { OutboundTrafficPolicy } from './routing/sidecar-hosts.ts';
import type { RouteTable } from './routing/table.ts';
import type { RuleSet } from './rules/model.ts';
import type { RulePaths } from './rules/rule-files.ts';
import { RunningMesh } from './running-mesh.ts';

export { RulesError } from './running-mesh.ts';
export type { OutboundTrafficPolicy };

interface GatewayOptions {
  /** Address to listen on; default `127.0.0.1`. */
  host?: string;
  /** Port to listen on; 0, the default: any free one. */
  port?: number;
  /** Labels of the gateway's pod, which `selector` of a Gateway names; default `istio: ingressgateway`. */
  labels?: Readonly<Record<string, string>>;
  /** Default `istio-system`. */
  namespace?: string;
}

export interface MeshOptions {
  /** Files and folders with YAML, or rules already parsed. */
  rules: RulePaths | RuleSet;
  /** Files that lie among those of `rules` and hold something else. */
  exceptFiles?: readonly string[];
  /** For rules that name no namespace, as kubectl's current one; default `default`. */
  defaultNamespace?: string;
  registry: Registry;
  gateway?: GatewayOptions;
  /** Default `ALLOW_ANY`, as in Istio. */
  outboundTrafficPolicy?: OutboundTrafficPolicy;
  /** Reload when a rule file changes; default false. Only where `rules` names files. */
  watch?: boolean;
  /** In [0, 1); decides weights, percentages and load balancing. Default Math.random. */
  random?: () => number;
  /** Called once for each request of each proxy, when it has ended. */
  onAccessLog?: (entry: AccessLogEntry) => void;
  /**
   * Called after each reload, also one that failed and left the rules before in force. Files that changed and still say
   * what is in force are no reload.
   */
  onReload?: (result: ReloadResult) => void;
}

/** What a reload did: new rules in force, or the old ones still and what is wrong with the files, a line each. */
export type ReloadResult = { ok: true; rules: RuleSet } | { ok: false; problems: readonly string[] };

/** Who the sidecar stands beside: `name` for people (`service-a/release-v1`), labels as on its pod. */
export interface Workload {
  name: string;
  namespace: string;
  labels: Readonly<Record<string, string>>;
  /** Port of 127.0.0.1 to listen on; 0, the default: any free one. */
  port?: number;
}

/** A forward proxy for one workload: what iptables does in a pod, `HTTP_PROXY=<proxyUrl>` does here. */
export interface Sidecar {
  proxyUrl: string;
  close(): Promise<void>;
}

/** The sidecar of a workload, with a second way in for programs that know no HTTP_PROXY. */
export interface WorkloadSidecar extends Sidecar {
  /**
   * Opens a port of 127.0.0.1 for as long as the sidecar is there; requests to it are requests for this host.
   * @param authority `api:8080`
   * @returns its URL
   */
  wayTo(authority: string): Promise<string>;
}

/** Counters of all proxies together since the start, for tests and for people. */
export interface MeshStats {
  requests: number;
  /** Requests that have not ended yet. */
  active: number;
  reloads: number;
  failedReloads: number;
}

export interface Mesh {
  readonly gateway: { url: string; port: number };
  readonly gatewayIdentity: ProxyIdentity;
  /** Starts a sidecar for this workload, on 127.0.0.1. */
  sidecar(workload: Workload): Promise<WorkloadSidecar>;
  /**
   * A forward proxy with no rules, for a caller that has no sidecar: it knows the names of services as cluster
   * DNS does, from `namespace`, and takes their ready endpoints in turn as kube-proxy does.
   * @param port 0, the default: any free one
   */
  plainClient(namespace: string, port?: number): Promise<Sidecar>;
  /** Replaces what runs: services and endpoints come, go, move. In force for the next request. */
  setRegistry(registry: Registry): void;
  /** @param service its FQDN. @throws where there is no such service or endpoint. */
  setReady(service: string, endpoint: string, ready: boolean): void;
  /** Reads the rule files again and puts them in force, whole or not at all. */
  reload(): Promise<ReloadResult>;
  /** The rules in force. */
  rules(): RuleSet;
  /** What a proxy with this identity decides by, for explain: the rules in force as a routing table. */
  table(identity: ProxyIdentity): RouteTable;
  stats(): MeshStats;
  /** Stops listening, lets requests in flight end for `graceMs` (default 0), then cuts them off. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts the gateway; sidecars follow, one for each call of `sidecar`.
 * @throws RulesError where the rules have problems; node's error where the gateway's port is taken.
 */
export function startMesh(options: MeshOptions): Promise<Mesh> {
  return RunningMesh.start(options);
}
