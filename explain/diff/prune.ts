/** Which objects `--prune` removes: those of the same owner that the change lacks. */
import { selects } from '../../mesh/routing/visibility.ts';
import { Failure } from '../../runtime/failure.ts';
import { type AnyObject, ownersOf } from './objects.ts';
import type { WrittenObject } from './written.ts';

/** Kinds that are written by people; the others are made of them. */
const made = new Set(['Pod', 'EndpointSlice', 'Namespace', 'GatewayClass']);

/**
 * @param selector as that of `kubectl apply --prune -l`: `app=shop,tier=web`; undefined: the owners that the change itself names
 * @throws Failure where it cannot be told whose the change is
 */
export function pruned(
  written: readonly WrittenObject[],
  selector: string | undefined,
): (object: AnyObject) => boolean {
  const isWritten = ({ kind, metadata }: AnyObject) => !made.has(kind) && !metadata.ownerReferences;
  if (selector !== undefined) {
    const labels = parseSelector(selector);
    const namespaces = new Set(written.map(({ object }) => object.metadata.namespace));
    return (object) =>
      isWritten(object) &&
      namespaces.has(object.metadata.namespace) &&
      selects(labels, object.metadata.labels ?? {});
  }
  const owners = new Set(written.flatMap(({ object }) => ownersOf(object)));
  if (owners.size === 0) {
    throw new Failure(
      '--prune: no object says whose it is (label app.kubernetes.io/instance, or those of Helm, Argo CD or Flux); name the objects by their labels: --prune -l app=shop',
      2,
    );
  }
  return (object) => isWritten(object) && ownersOf(object).some((owner) => owners.has(owner));
}

function parseSelector(selector: string): Record<string, string> {
  const pairs = selector.split(',').map((pair) => pair.split('='));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(''))) {
    throw new Failure(`-l ${selector}: write labels and values, as app=shop,tier=web`, 2);
  }
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name.trim(), value.trim()]));
}
