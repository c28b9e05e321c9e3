/** Who sees which rule: namespaces, labels, and Istio's root namespace. */
import type { ProxyIdentity } from './decision.ts';

/** The namespace whose rules are meant for all: Istio's default `rootNamespace`. */
export const rootNamespace = 'istio-system';

/** Whether a rule of `owner` with this `exportTo` is seen in `namespace`; an empty list means everywhere. */
export function isExportedTo(exportTo: readonly string[], owner: string, namespace: string): boolean {
  if (exportTo.length === 0) return true;
  return exportTo.some(
    (scope) => scope === '*' || scope === namespace || (scope === '.' && owner === namespace),
  );
}

/** Whether an object that carries `labels` is selected by `selector`; an empty selector selects everything. */
export function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

/**
 * The rules of a kind that a proxy gets, in Istio's order of precedence: those private to its namespace, those
 * exported to it by name, the public ones (pilot/pkg/model/push_context.go, initVirtualServices). Within each, the
 * older first; what was applied in the same second, as a folder of rules is, goes by name, then by namespace
 * (pilot/pkg/model/config.go, configCompareByCreationTime). A rule set has no age: here all of it is of one second.
 */
export function visibleTo<R extends { name: string; namespace: string; exportTo: readonly string[] }>(
  proxy: ProxyIdentity,
  rules: readonly R[],
): R[] {
  const isPublic = (rule: R) => rule.exportTo.length === 0 || rule.exportTo.includes('*');
  const visible = rules
    .filter((rule) => isExportedTo(rule.exportTo, rule.namespace, proxy.namespace))
    .sort((a, b) => compare(a.name, b.name) || compare(a.namespace, b.namespace));
  return [
    ...visible.filter((rule) => !isPublic(rule) && rule.namespace === proxy.namespace),
    ...visible.filter((rule) => !isPublic(rule) && rule.namespace !== proxy.namespace),
    ...visible.filter(isPublic),
  ];
}

/** As Go compares strings, byte by byte; names are ASCII. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
