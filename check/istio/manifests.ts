/** The objects, but for pods, with which a check stands up a world in a cluster. */
import { readFileSync } from 'node:fs';
import type { Lanes } from '../../lanes/lanes.ts';
import type { KubernetesObject } from './kubernetes.ts';

/** @param run who made it, to tell later whether they are still there */
export function namespace(name: string, inject: boolean, run: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: inject ? { 'istio-injection': 'enabled' } : {},
      annotations: { [runAnnotation]: run },
    },
  };
}

export const runAnnotation = 'check/run';

/** The files that run in a pod, mounted at /check. @param grpc grpc.ts and its library, where they are needed */
export function programs(inNamespace: string, grpc?: string): KubernetesObject {
  const file = (name: string) => [name, readFileSync(new URL(`../agent/${name}`, import.meta.url), 'utf8')];
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'check', namespace: inNamespace },
    data: {
      ...Object.fromEntries(['agent.ts', 'agent-http2.ts', 'echo.ts', 'pod.ts'].map(file)),
      ...(grpc && { 'grpc.mjs': grpc }),
    },
  };
}

/** Lets a gateway of this namespace have the certificates that lie there, as Istio's own chart does. */
export function secretReaders(inNamespace: string): KubernetesObject[] {
  const metadata = { name: 'gateway-certificates', namespace: inNamespace };
  const group = 'rbac.authorization.k8s.io';
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'watch', 'list'] }];
  const subjects = [{ kind: 'ServiceAccount', name: 'default' }];
  const roleRef = { apiGroup: group, kind: 'Role', name: metadata.name };
  const apiVersion = `${group}/v1`;
  return [
    { apiVersion, kind: 'Role', metadata, rules },
    { apiVersion, kind: 'RoleBinding', metadata, subjects, roleRef },
  ];
}

/** What the sidecars of a namespace see: these namespaces and no other scene that is up at the same time. */
export function scope(inNamespace: string, visible: readonly string[], outbound: string): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: { name: 'check', namespace: inNamespace },
    spec: {
      outboundTrafficPolicy: { mode: outbound },
      egress: [{ hosts: visible.map((name) => `${name}/*`) }],
    },
  };
}

/** An endpoint of the world: what it is, and the port on which it listens. */
export interface Placed {
  service: string;
  endpoint: string;
  port: number;
  labels: Readonly<Record<string, string>>;
}

export function services(world: Lanes): KubernetesObject[] {
  return world.services.map(({ name, namespace, port, protocol }) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      selector: { app: name },
      ports: [{ name: 'http', port, targetPort: 'http', appProtocol: protocol }],
    },
  }));
}

/**
 * Endpoints of the world's services that are ports of one pod: to the proxies that decide they are endpoints with
 * labels like any other, and they come and go at once, without a pod for each.
 */
export function workloadEntries(
  world: Lanes,
  address: string,
  placed: readonly Placed[],
): KubernetesObject[] {
  return world.services.flatMap((service) =>
    placed
      .filter((one) => one.service === service.name)
      .map(({ endpoint, port, labels }) => ({
        apiVersion: 'networking.istio.io/v1',
        kind: 'WorkloadEntry',
        metadata: { name: `${service.name}-${endpoint}`, namespace: service.namespace },
        spec: { address, ports: { http: port }, labels },
      })),
  );
}
