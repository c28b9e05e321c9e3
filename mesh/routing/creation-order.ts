interface Created {
  name: string;
  namespace: string;
  /** Seconds since 1970, where it comes from a cluster. A folder of rules has no age: all of it is of one second. */
  createdAt?: number;
}

/**
 * In which order Istio takes objects of one kind: the older first. What was applied in the same second, as a folder of
 * rules is, goes by name, then by namespace (pilot/pkg/model/config.go, configCompareByCreationTime).
 */
export function inOrderOfCreation(a: Created, b: Created): number {
  const byAge = (a.createdAt ?? 0) - (b.createdAt ?? 0);
  return byAge || compare(a.name, b.name) || compare(a.namespace, b.namespace);
}

/** As Go compares strings, byte by byte; names are ASCII. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
