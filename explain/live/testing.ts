/** For tests: a cluster's objects as YAML, as kubectl would print them, and what a proxy in it would be asked. */
import { parseAllDocuments } from 'yaml';
import { targetUriOf } from '../target-uri.ts';
import { ask, type LiveAnswer } from './ask.ts';
import { type LiveMesh, meshOf } from './live-mesh.ts';
import type { MeshConfig } from './mesh-config.ts';
import { printAnswer } from './print.ts';
import { type ResourceName, resources } from './resources.ts';
import type { Snapshot } from './snapshot.ts';

/** @param refused kinds that the user may read in these namespaces only */
export function liveMesh(
  yaml: string,
  meshConfig: MeshConfig = {},
  refused: Partial<Record<ResourceName, readonly string[]>> = {},
): LiveMesh {
  const objects = parseAllDocuments(yaml).flatMap(
    (document) => (document.toJS() as { apiVersion: string; kind: string } | null) ?? [],
  );
  const listings = Object.entries(resources).map(([name, { group, kind }]) => {
    const namespaces = refused[name as ResourceName];
    const items = objects.filter(
      (object) => object.kind === kind && groupOf(object.apiVersion) === groupOf(group),
    );
    const rest = namespaces && { namespaces, refused: `${name} is forbidden` };
    return [name, { items, ...rest }];
  });
  return meshOf(Object.fromEntries(listings) as Snapshot, meshConfig);
}

/** Of `networking.istio.io/v1`, without the version; the core's has none. */
function groupOf(apiVersion: string): string {
  return apiVersion.split('/').slice(0, -1).join('/');
}

interface Asked {
  from?: string;
  namespace?: string;
  headers?: Record<string, string>;
}

export function asked(
  mesh: LiveMesh,
  url: string,
  { from, namespace = 'shop', headers = {} }: Asked = {},
): LiveAnswer {
  const address = targetUriOf(url);
  if (!address) throw new Error(`${url} is a URL`);
  return ask(mesh, { ...(from && { from }), namespace, head: { method: 'GET', headers, ...address } });
}

/** What is printed below the title, without the candidates on routes. */
export function said(answer: LiveAnswer): string[] {
  return printAnswer(answer)
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('✗'));
}

/** A pod with a sidecar, in namespace `shop`. */
export function podOf(name: string, app: string, version: string, ip: string): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${app}, version: ${version}, pod-template-hash: abc } }
spec: { serviceAccountName: ${app}, containers: [{ name: app }, { name: istio-proxy, args: [proxy, sidecar] }] }
status: { phase: Running, podIP: ${ip} }
`;
}

/** A Service of `shop` on this port, with these pods behind it. */
export function serviceOf(
  name: string,
  port: string,
  pods: readonly { name: string; ip: string; ready?: boolean }[],
  more = '',
): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { clusterIP: 10.0.0.1, selector: { app: ${name} }, ports: [${port}]${more} }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, namespace: shop, labels: { kubernetes.io/service-name: ${name} } }
ports: [{ name: http, port: 8080 }]
endpoints: [${pods
    .map(
      ({ name, ip, ready = true }) =>
        `{ addresses: [${ip}], conditions: { ready: ${ready} }, targetRef: { kind: Pod, namespace: shop, name: ${name} } }`,
    )
    .join(', ')}]
`;
}
