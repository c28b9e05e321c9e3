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
 * exported to it by name, the public ones (pilot/pkg/model/push_context.go, initVirtualServices). Within each, Istio
 * goes by age; a rule set has no age, so here it is the order in which the rules were loaded: by file, then line.
 */
export function visibleTo<R extends { namespace: string; exportTo: readonly string[] }>(
  proxy: ProxyIdentity,
  rules: readonly R[],
): R[] {
  const isPublic = (rule: R) => rule.exportTo.length === 0 || rule.exportTo.includes('*');
  const visible = rules.filter((rule) => isExportedTo(rule.exportTo, rule.namespace, proxy.namespace));
  return [
    ...visible.filter((rule) => !isPublic(rule) && rule.namespace === proxy.namespace),
    ...visible.filter((rule) => !isPublic(rule) && rule.namespace !== proxy.namespace),
    ...visible.filter(isPublic),
  ];
}
