/** What a mesh is made with, and what it tells. */
import type { Registry } from './network/registry.ts';
import type { AccessLogEntry } from './proxy/access-log.ts';
import type { OutboundTrafficPolicy } from './routing/sidecar-hosts.ts';
import type { LoadedRules } from './rules/load.ts';
import type { RuleSet } from './rules/model.ts';
import type { RulePaths } from './rules/rule-files.ts';

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
  /** What the files of `rules` hold, where somebody has just read them. */
  loaded?: LoadedRules;
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
