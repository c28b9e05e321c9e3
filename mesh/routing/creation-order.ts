/**
 * In which order Istio takes objects of one kind: the older first. What was applied in the same second, as a folder of
 * rules is, goes by name, then by namespace (pilot/pkg/model/config.go, configCompareByCreationTime). A rule set has no
 * age: here all of it is of one second.
 */
export function inOrderOfCreation(
  a: { name: string; namespace: string },
  b: { name: string; namespace: string },
): number {
  return compare(a.name, b.name) || compare(a.namespace, b.namespace);
}

/** As Go compares strings, byte by byte; names are ASCII. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
