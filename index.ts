/**
 * What a program of one's own may use of this project: the rules read, the decision about a request, and the local mesh.
 *
 * @example Where does a request go?
 * ```ts
 * const read = parseRules([{ file: 'rules.yaml', text }], { defaultNamespace: 'shop' });
 * if (!read.ok) throw new Error(read.problems.map(formatProblem).join('\n'));
 * const table = buildTable(read.rules, registry, proxy, { outboundTrafficPolicy: 'ALLOW_ANY' });
 * const decision = decide(table, request, Math.random);
 * ```
 */
import './runtime/es2024.ts';

export { type Mesh, type MeshOptions, RulesError, startMesh } from './mesh/mesh.ts';
export { type Endpoint, fqdn, type Registry, type Service } from './mesh/network/registry.ts';
export type {
  MeshStats,
  ReloadResult,
  Sidecar,
  Workload,
  WorkloadSidecar,
} from './mesh/options.ts';
export type { AccessLogEntry, ResponseFlag } from './mesh/proxy/access-log.ts';
export { decide } from './mesh/routing/decide.ts';
export type { Decision, ProxyIdentity, RequestHead } from './mesh/routing/decision.ts';
export { gatewayLabels } from './mesh/routing/gateway-port.ts';
export { buildTable, type RouteTable, type TableOptions } from './mesh/routing/table.ts';
export {
  formatProblem,
  type LoadOptions,
  type LoadResult,
  loadRules,
  parseRules,
} from './mesh/rules/load.ts';
export type { RuleSet } from './mesh/rules/model.ts';
export type { Problem } from './mesh/rules/problem.ts';
export type { Source } from './mesh/rules/source.ts';
