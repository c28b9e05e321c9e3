/** Objects of Kubernetes as a diff has them: by which name they are one, and whose they are. */
import type { KubernetesObject } from '../../cluster/objects.ts';

export interface AnyObject extends KubernetesObject {
  spec?: Record<string, unknown>;
}

/** How an object is named in what is printed and in data. */
export interface ObjectName {
  kind: string;
  namespace: string;
  name: string;
}

const clusterScoped = new Set(['Namespace', 'GatewayClass', 'ClusterRole', 'ClusterRoleBinding']);

export function isClusterScoped(kind: string): boolean {
  return clusterScoped.has(kind) || kind === 'CustomResourceDefinition';
}

/** Of `networking.istio.io/v1`, without the version; the core's has none. */
export function groupOf(apiVersion: string): string {
  return apiVersion.split('/').slice(0, -1).join('/');
}

/** One object, whichever version of its group it is written in. */
export function keyOf({ apiVersion, kind, metadata }: AnyObject): string {
  return `${groupOf(apiVersion)} ${kind} ${metadata.namespace}/${metadata.name}`;
}

export function nameOf({ kind, metadata: { namespace, name } }: AnyObject): ObjectName {
  return { kind, namespace, name };
}

/** `VirtualService coloring/service-b` */
export function formatName({ kind, namespace, name }: ObjectName): string {
  return namespace ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}

/** By what people and their tools mark whose an object is: of two objects that share a value, one owner. */
export function ownersOf({ metadata }: AnyObject): string[] {
  const { namespace, labels = {}, annotations = {} } = metadata;
  const helm = annotations['meta.helm.sh/release-name'];
  const instance = labels['app.kubernetes.io/instance'];
  const argo =
    labels['argocd.argoproj.io/instance'] ?? annotations['argocd.argoproj.io/tracking-id']?.split(':')[0];
  const flux = labels['kustomize.toolkit.fluxcd.io/name'] ?? labels['helm.toolkit.fluxcd.io/name'];
  return [
    ...(helm ? [`release ${annotations['meta.helm.sh/release-namespace'] ?? namespace}/${helm}`] : []),
    // What `helm template` prints says its release by the label alone.
    ...(instance ? [`release ${namespace}/${instance}`] : []),
    ...(argo ? [`Argo CD application ${argo}`] : []),
    ...(flux ? [`Flux ${flux}`] : []),
  ];
}

/** Whose it is, in words: `Helm release shop-routes, by helm`; empty where nothing says it. */
export function ownerInWords(object: AnyObject): string {
  const { annotations = {}, labels = {}, managedFields = [] } = object.metadata;
  const isHelm =
    annotations['meta.helm.sh/release-name'] || labels['app.kubernetes.io/managed-by'] === 'Helm';
  const [owner = ''] = ownersOf(object);
  const said = owner.replace(/^release [^/]*\//, isHelm ? 'Helm release ' : 'instance ');
  const managers = managedFields.flatMap(({ manager, subresource }) => (subresource ? [] : (manager ?? [])));
  return [said, managers.length > 0 ? `last by ${managers.at(-1)}` : ''].filter(Boolean).join(', ');
}
