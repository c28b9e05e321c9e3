/**
 * Rules as a cluster has them. Its Istio has taken them, so what the local mesh does not run is no mistake: it is left
 * out of the rule and named, and the rest of the rule counts.
 */
import type { WrittenNamespace, WrittenService } from './gateway-api/model.ts';
import { inWords } from './issue.ts';
import { treatmentOf } from './kinds.ts';
import { toRuleSet } from './load.ts';
import type { Place, RuleMeta, RuleSet } from './model.ts';
import { formatPath, type Path } from './problem.ts';
import type { SourceObject } from './source.ts';

/** A part of an object, or all of it, that the rules are without. */
export interface LeftOut {
  object: { kind: string; namespace: string; name: string };
  place: Place;
  /** `spec.http[0].corsPolicy`; absent: the whole object. */
  field?: string;
  /** Why. */
  message: string;
}

type Written = { kind: string; metadata: { namespace: string; name: string; creationTimestamp?: string } };

/** What is removed may leave something behind that is not valid without it; that goes next. */
const longestChain = 10;

/**
 * @param objects of networking.istio.io and gateway.networking.k8s.io, as the API server has them
 * @param beside what HTTPRoutes and listeners name: of the Services those are kept that are named
 */
export function liveRules(
  objects: readonly SourceObject[],
  beside: readonly (WrittenNamespace | WrittenService)[] = [],
): { rules: RuleSet; leftOut: LeftOut[] } {
  const rules: (RuleMeta & { kind: string })[] = [];
  const leftOut: LeftOut[] = [];
  for (const object of objects) {
    const { rule, without } = liveRule(object);
    if (rule) rules.push(rule);
    leftOut.push(...without);
  }
  return { rules: toRuleSet([...rules, ...beside], []), leftOut };
}

function liveRule(object: SourceObject): { rule?: RuleMeta & { kind: string }; without: LeftOut[] } {
  const { kind, metadata } = object.value as Written;
  const about = { object: { kind, namespace: metadata.namespace, name: metadata.name } };
  const whole = (message: string) => ({ without: [{ ...about, place: object.place([]), message }] });
  const treatment = treatmentOf(object.value as Parameters<typeof treatmentOf>[0]);
  if (treatment.type !== 'rule')
    return whole(treatment.type === 'refused' ? treatment.message : 'not a rule');

  const without: LeftOut[] = [];
  let value = object.value;
  for (let i = 0; i < longestChain; i++) {
    const parsed = treatment.kind.parse({ ...object, value });
    if ('rule' in parsed) {
      const createdAt = Date.parse(metadata.creationTimestamp ?? '') / 1000;
      const rule = parsed.rule as RuleMeta & { kind: string };
      return { rule: { ...rule, ...(createdAt > 0 && { createdAt }) }, without };
    }
    value = structuredClone(value);
    for (const issue of parsed.issues) {
      const { path, message } = inWords(issue);
      if (!remove(value, path)) {
        // What went first is why.
        const { field, message: why } = without[0] ?? { field: formatPath(path), message };
        return whole(`${field}: ${why}`);
      }
      without.push({ ...about, place: object.place(path), field: formatPath(path), message });
    }
  }
  return whole('too much of it is not known here');
}

/** @returns false where the object is nothing without it: a route, the spec, its name */
function remove(value: unknown, path: Path): boolean {
  const last = path.at(-1);
  if (typeof last !== 'string' || path.length < 2 || path[0] !== 'spec') return false;
  const owner = path
    .slice(0, -1)
    .reduce<unknown>((node, step) => (node as Record<string, unknown>)?.[step], value);
  if (typeof owner !== 'object' || owner === null) return true; // Gone already with what was around it.
  if (!(last in owner)) return false;
  delete (owner as Record<string, unknown>)[last];
  return true;
}
