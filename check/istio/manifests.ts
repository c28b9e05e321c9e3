/** The pods and objects with which a check stands up a world in a cluster. */
import { readFileSync } from 'node:fs';
import { versionEnvironment } from '../../lanes/environment.ts';
import type { LaneService, Lanes, LaneVersion } from '../../lanes/lanes.ts';
import { frontPort } from '../nginx-configuration.ts';
import type { KubernetesObject } from './kubernetes.ts';

/** Small: many of these proxies share one computer. */
const proxyResources = { 'sidecar.istio.io/proxyCPU': '5m', 'sidecar.istio.io/proxyMemory': '64Mi' };

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

/**
 * A pod that waits for a session (pod-session.ts); with a sidecar where its namespace injects one.
 * @param more what else its spec has
 */
export function sessionPod(
  name: string,
  inNamespace: string,
  labels: Record<string, string>,
  image: string,
  more: Record<string, unknown> = {},
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: inNamespace, labels, annotations: proxyResources },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [sessionContainer(image)],
      volumes: [checkVolume],
      // The lowest port is open to everybody, as it is in Docker.
      ...(more.hostNetwork ? {} : lowPorts),
      ...more,
    },
  };
}

function sessionContainer(image: string) {
  return {
    name: 'app',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '-e', 'setInterval(() => {}, 1e9)'],
    volumeMounts: [{ name: 'check', mountPath: '/check' }],
  };
}

const checkVolume = { name: 'check', configMap: { name: 'check' } };

const lowPorts = {
  securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
};

/**
 * A pod of a version of the kit's services, that may misbehave when asked.
 * @param gate the condition that has to hold besides for it to be ready
 */
export function versionPod(
  world: Lanes,
  service: LaneService,
  version: LaneVersion,
  { name, image, gate, isGrpc }: { name: string; image: string; gate: string; isGrpc: boolean },
): KubernetesObject {
  // A busy computer answers late; that is no reason to be started again.
  const probe = (path: string) => ({
    ...(isGrpc ? { tcpSocket: { port: 'http' } } : { httpGet: { path, port: 'http' } }),
    timeoutSeconds: 10,
  });
  const env = {
    PORT: String(service.port),
    MISBEHAVE: '1',
    ...versionEnvironment(world, service, version),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: service.namespace,
      labels: { ...version.labels },
      annotations: proxyResources,
    },
    spec: {
      terminationGracePeriodSeconds: 1,
      readinessGates: [{ conditionType: gate }],
      containers: [
        {
          name: 'app',
          image,
          imagePullPolicy: 'IfNotPresent',
          ...(isGrpc && { command: ['node', '/check/grpc.mjs'] }),
          ports: [{ name: 'http', containerPort: service.port }],
          env: Object.entries(env).map(([name, value]) => ({ name, value })),
          // Weighs more than its proxy, or a busy computer makes it late.
          resources: { requests: { cpu: '10m' } },
          startupProbe: { ...probe('/healthz'), periodSeconds: 1, failureThreshold: 120 },
          readinessProbe: { ...probe('/readyz'), periodSeconds: 10 },
          volumeMounts: [{ name: 'check', mountPath: '/check' }],
        },
      ],
      volumes: [checkVolume],
    },
  };
}

/**
 * An nginx in front; one with a sidecar can have a session beside it.
 * @param front `gateway`: the name by which it calls the gateway, and the address
 */
export function nginxPod(front: {
  name: string;
  inNamespace: string;
  images: { nginx: string; node: string };
  gateway: { name: string; address: string };
  hasSidecar: boolean;
  configuration: string;
}): [configMap: KubernetesObject, pod: KubernetesObject] {
  const { name, images, gateway, hasSidecar } = front;
  const metadata = { name, namespace: front.inNamespace };
  const nginx = {
    name: 'nginx',
    image: images.nginx,
    imagePullPolicy: 'IfNotPresent',
    command: ['nginx', '-e', 'stderr', '-c', '/front/nginx.conf', '-g', 'daemon off;'],
    ports: [{ name: 'http', containerPort: frontPort }],
    readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1, timeoutSeconds: 10 },
    volumeMounts: [{ name: 'front', mountPath: '/front' }],
  };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'nginx.conf': front.configuration } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        labels: { app: 'nginx', 'sidecar.istio.io/inject': String(hasSidecar) },
        annotations: proxyResources,
      },
      spec: {
        terminationGracePeriodSeconds: 0,
        hostAliases: [{ ip: gateway.address, hostnames: [gateway.name] }],
        containers: [nginx, ...(hasSidecar ? [sessionContainer(images.node)] : [])],
        volumes: [{ name: 'front', configMap: { name } }, ...(hasSidecar ? [checkVolume] : [])],
      },
    },
  ];
}

/** An ingress gateway of its own, found by the label `istio: <label>`. */
export function gatewayPod(inNamespace: string, label: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'gateway',
      namespace: inNamespace,
      labels: { istio: label, 'sidecar.istio.io/inject': 'true' },
      annotations: { 'inject.istio.io/templates': 'gateway' },
    },
    spec: {
      terminationGracePeriodSeconds: 0,
      securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
      containers: [
        {
          name: 'istio-proxy',
          image: 'auto',
          imagePullPolicy: 'IfNotPresent',
          resources: { requests: { cpu: '10m', memory: '64Mi' } },
        },
      ],
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

/** Tells which state of the rules a proxy has: its host answers with a number that is counted up with each change. */
export const markerHost = (inNamespace: string) => `check-marker.${inNamespace}.svc.cluster.local`;

/** The path of the marker's host that leads to the witness (witness.ts), where there is one. */
export const witnessPath = '/witness';
export const witnessPort = 80;

/**
 * Objects by which a proxy shows that it has everything that was applied before them: it answers `value`.
 * @param hasWitness whether the namespace has one
 */
export function marker(
  inNamespace: string,
  gatewayLabel: string,
  value: string,
  hasWitness: boolean,
): KubernetesObject[] {
  const metadata = { name: 'check-marker', namespace: inNamespace };
  const hosts = [markerHost(inNamespace)];
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ name: 'http', port: 80, appProtocol: 'http' }] },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata,
      spec: {
        selector: { istio: gatewayLabel },
        servers: [{ port: { number: 80, name: 'http-check-marker', protocol: 'HTTP' }, hosts }],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: {
        hosts,
        gateways: ['mesh', 'check-marker'],
        http: [
          ...(hasWitness
            ? [
                {
                  match: [{ uri: { exact: witnessPath } }],
                  route: [{ destination: { host: witnessName, port: { number: witnessPort } } }],
                },
              ]
            : []),
          { directResponse: { status: 200, body: { string: value } } },
        ],
      },
    },
  ];
}

const witnessName = 'check-witness';

/** A Service, and its endpoint, that no controller looks after. */
export function witness(
  inNamespace: string,
  address: string,
  port: number,
): [service: KubernetesObject, slice: KubernetesObject] {
  const metadata = { name: witnessName, namespace: inNamespace };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ name: 'http', port: witnessPort, targetPort: port, appProtocol: 'http' }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': witnessName } },
      addressType: address.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: 'http', port }],
    },
  ];
}
