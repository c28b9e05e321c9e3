/** What `kubectl apply` of a file would make of the rules that are in force. */
import { type RuleObject, toYaml } from '../check/world.ts';
import { parseRules } from '../mesh/rules/load.ts';
import type { RuleSet } from '../mesh/rules/model.ts';
import type { Problem } from '../mesh/rules/problem.ts';
import { readObjects, type Source } from '../mesh/rules/source.ts';

export type Applied =
  /** `text` is all that is in force then, `names` (`VirtualService coloring/service-b`) what the file brought. */
  { ok: true; text: string; names: string[]; rules: RuleSet } | { ok: false; problems: Problem[] };

/**
 * Objects of the file take the place of those of the same kind and name; the others stay.
 * @param inForce as people may have edited it
 * @returns rules whose places are those of the file that each came from
 */
export function applyRules(inForce: Source, file: Source, namespace: string): Applied {
  const options = { defaultNamespace: namespace };
  for (const source of [inForce, file]) {
    const parsed = parseRules([source], options);
    if (!parsed.ok) return parsed;
  }
  const nameOf = ({ kind, metadata }: RuleObject) =>
    `${kind} ${metadata.namespace || namespace}/${metadata.name}`;
  const names = objectsOf(file).map(nameOf);
  const kept = toYaml(objectsOf(inForce).filter((object) => !names.includes(nameOf(object))));
  const both = parseRules([{ file: inForce.file, text: kept }, file], options);
  if (!both.ok) return both;
  return { ok: true, text: `${kept}---\n${file.text}`, names, rules: both.rules };
}

function objectsOf(source: Source): RuleObject[] {
  return readObjects(source).objects.map(({ value }) => value as RuleObject);
}
