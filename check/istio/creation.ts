/**
 * The order in which objects are created. Of several rules for one host Istio takes the older first, and those of one
 * second by name. A slot makes it the same at any speed: it creates each kind in the order of names, and what is there already
 * and would be older than it should be is made anew.
 */
import { gatewayApiGroup } from '../../mesh/rules/gateway-api/model.ts';
import type { KubernetesObject } from './kubernetes.ts';

/** Objects by which this matters, as lists to create one after the other; the lists side by side. */
export function inOrder(objects: readonly KubernetesObject[]): KubernetesObject[][] {
  const ordered = [...objects].filter(isRule).sort(byName);
  const others = objects.filter((object) => !isRule(object)).map((object) => [object]);
  return [...Map.groupBy(ordered, ({ apiVersion, kind }) => `${apiVersion} ${kind}`).values(), ...others];
}

/**
 * Of the objects `present`, in the order of their creation, those to take away first, as a new one of their kind belongs
 * before them.
 */
export function tooOld(
  present: readonly KubernetesObject[],
  wanted: readonly KubernetesObject[],
  keyOf: (object: KubernetesObject) => string,
): KubernetesObject[] {
  const there = new Set(present.map(keyOf));
  return inOrder(wanted.filter(isRule)).flatMap((ofKind) => {
    const firstNew = ofKind.findIndex((object) => !there.has(keyOf(object)));
    return firstNew < 0 ? [] : ofKind.slice(firstNew).filter((object) => there.has(keyOf(object)));
  });
}

function isRule({ apiVersion, kind }: KubernetesObject): boolean {
  const [group] = apiVersion.split('/');
  if (group === gatewayApiGroup) return true;
  return group === 'networking.istio.io' && kind !== 'WorkloadEntry' && kind !== 'Sidecar';
}

function byName({ metadata: a }: KubernetesObject, { metadata: b }: KubernetesObject): number {
  const [one, other] = [`${a.name}\0${a.namespace}`, `${b.name}\0${b.namespace}`];
  return one < other ? -1 : one > other ? 1 : 0;
}
