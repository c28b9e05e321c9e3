/** The pods of a check: those with a session, versions, an nginx in front, gateways. */
import { versionEnvironment } from '../../lanes/environment.ts';
import type { LaneService, Lanes, LaneVersion } from '../../lanes/lanes.ts';
import { frontPort } from '../nginx-configuration.ts';
import type { KubernetesObject } from './kubernetes.ts';

/** Small: many of these proxies share one computer. */
const proxyResources = { 'sidecar.istio.io/proxyCPU': '5m', 'sidecar.istio.io/proxyMemory': '64Mi' };

/**
 * A pod that waits for a session (pod-session.ts); with a sidecar where its namespace injects one.
 * @param more what else its spec has
 */
export function sessionPod(
  metadata: { name: string; namespace: string; labels: Record<string, string> },
  image: string,
  more: Record<string, unknown> = {},
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, annotations: proxyResources },
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
