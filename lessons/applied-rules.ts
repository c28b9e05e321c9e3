/** What `kubectl apply`, or `delete`, of a file would make of the rules that are in force. */
import { type RuleObject, toYaml } from '../check/world.ts';
import { parseRules } from '../mesh/rules/load.ts';
import type { RuleSet } from '../mesh/rules/model.ts';
import type { Problem } from '../mesh/rules/problem.ts';
import { readObjects, type Source } from '../mesh/rules/source.ts';

export type Applied =
  /** `text` is all that is in force then, `names` (`VirtualService coloring/service-b`) what the file brought or took. */
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
  const brought = objectsOf(file);
  const kept = toYaml(without(objectsOf(inForce), brought, namespace));
  const both = parseRules([{ file: inForce.file, text: kept }, file], options);
  if (!both.ok) return both;
  return {
    ok: true,
    text: `${kept}---\n${file.text}`,
    names: namesOf(brought, namespace),
    rules: both.rules,
  };
}

/**
 * Objects of the kinds and names of the file are taken away, whatever the file says of them; the others stay.
 * @param inForce as people may have edited it
 */
export function deleteRules(inForce: Source, file: Source, namespace: string): Applied {
  const { problems } = readObjects(file);
  if (problems.length > 0) return { ok: false, problems };
  const there = objectsOf(inForce);
  const left = without(there, objectsOf(file), namespace);
  const gone = there.filter((object) => !left.includes(object));
  if (gone.length === 0) return { ok: false, problems: [nothingToTake(file, namespace)] };
  const text = toYaml(left);
  const parsed = parseRules([{ file: inForce.file, text }], { defaultNamespace: namespace });
  if (!parsed.ok) return parsed;
  return { ok: true, text, names: namesOf(gone, namespace), rules: parsed.rules };
}

function nothingToTake({ file, text }: Source, namespace: string): Problem {
  const names = namesOf(objectsOf({ file, text }), namespace).join(', ');
  return { file, line: 1, message: `none of these is in force: ${names || 'the file has no object'}` };
}

function without(
  objects: readonly RuleObject[],
  others: readonly RuleObject[],
  namespace: string,
): RuleObject[] {
  const keys = new Set(others.map((object) => keyOf(object, namespace)));
  return objects.filter((object) => !keys.has(keyOf(object, namespace)));
}

function namesOf(objects: readonly RuleObject[], namespace: string): string[] {
  return objects.map((object) => nameOf(object, namespace));
}

function nameOf({ kind, metadata }: RuleObject, namespace: string): string {
  return `${kind} ${metadata.namespace || namespace}/${metadata.name}`;
}

/** Two groups have a Gateway each. */
function keyOf(object: RuleObject, namespace: string): string {
  return `${object.apiVersion.split('/')[0]} ${nameOf(object, namespace)}`;
}

function objectsOf(source: Source): RuleObject[] {
  return readObjects(source).objects.map(({ value }) => value as RuleObject);
}
