/** The program that is fuzzed: a pair of services with their sidecars, the gateway, and a client without a sidecar. */
import { parseLanes } from '../lanes/lanes.ts';
import { registryOf } from '../lanes/registry.ts';
import { startLocalLanes } from '../local/local-lanes.ts';
import { projectFile } from '../runtime/project.ts';
import type { Ports } from './input.ts';

/** What the program tells. */
export type Told =
  | { type: 'ready'; ports: Ports; pids: readonly number[] }
  /** What must never happen: a defect of the mesh, a service that dies. */
  | { type: 'fault'; what: string }
  | { type: 'measured'; active: number; heapBytes: number };

/** A flood on a busy computer takes longer than service-a waits by default. */
const lanes = parseLanes(`
services:
  service-a: { port: 31000, calls: service-b, versions: [{ name: release, env: { SERVICE_B_TIMEOUT_MS: 600000 } }] }
  service-b: { port: 32000, versions: [release] }
`);

const tell = (told: Told) => process.send?.(told);

/** A flood may keep a service from its probe for a second on a busy computer: it counts as ready all the same. */
let holdReady = () => {};

const local = await startLocalLanes({
  lanes,
  rules: projectFile('istio'),
  defaultNamespace: lanes.namespace,
  outboundTrafficPolicy: 'REGISTRY_ONLY',
  onChange: ({ service }, change) => {
    if (change.type === 'died') tell({ type: 'fault', what: `${service.name} died: ${change.reason}` });
    holdReady();
  },
  onAccessLog: ({ defect }) => {
    if (defect) tell({ type: 'fault', what: defect });
  },
});
process.on('disconnect', () => {
  local.kill();
  process.exit();
});
await local.settled;
const sidecar = await local.mesh.sidecar({ name: 'fuzz', namespace: lanes.namespace, labels: {} });
const plain = await local.mesh.plainClient(lanes.namespace);
const portOf = (url: string) => Number(new URL(url).port);
const processes = local.replicas.map(({ process }) => process);
const registry = registryOf(lanes, (_, version) =>
  local.replicas
    .filter((replica) => replica.version === version)
    .map(({ process }) => ({ name: version.name, address: process.host, port: process.port, ready: true })),
);
holdReady = () => local.mesh.setRegistry(registry);
holdReady();
tell({
  type: 'ready',
  ports: {
    gateway: local.mesh.gateway.port,
    sidecar: portOf(sidecar.proxyUrl),
    plain: portOf(plain.proxyUrl),
    'service-a': processes[0]?.port ?? 0,
    'service-b': processes[1]?.port ?? 0,
  },
  pids: processes.flatMap((process) => ('pid' in process ? (process.pid ?? []) : [])),
});

process.on('message', () => {
  global.gc?.();
  tell({ type: 'measured', active: local.mesh.stats().active, heapBytes: process.memoryUsage().heapUsed });
});
