/** Where the cases lie, and what rules are in them. */
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, CaseError, readCase } from '../check/format.ts';
import type { RuleObject } from '../check/world.ts';
import { readObjects } from '../mesh/rules/source.ts';

const folder = fileURLToPath(new URL('./cases/', import.meta.url));

/** Every case of conformance/cases, or those whose file name begins with one of `names`. @throws CaseError */
export async function readConformanceCases(names: readonly string[] = []): Promise<Case[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
  const unknown = names.filter((name) => !files.some((file) => file.startsWith(name)));
  if (unknown.length > 0) throw new CaseError(unknown.map((name) => `conformance/cases has no case ${name}`));
  const chosen = files.filter((file) => names.length === 0 || names.some((name) => file.startsWith(name)));
  return Promise.all(chosen.map((file) => readCase(relative('.', join(folder, file)))));
}

/** The valid rules of the cases that are no VirtualService, each once, in the order of their files. */
export async function otherRules(): Promise<RuleObject[]> {
  const cases = (await readConformanceCases()).filter(
    ({ invalid, needs }) => invalid === undefined && !needs,
  );
  const rules = cases.flatMap(({ file, rules }) =>
    readObjects({
      file,
      text: rules.replaceAll('OUTSIDE_ADDRESS', '10.0.0.1').replaceAll('OUTSIDE_PORT', '9000'),
    })
      .objects.map(({ value }) => value as RuleObject)
      .filter(
        ({ apiVersion, kind }) => apiVersion.startsWith('networking.istio.io/') && kind !== 'VirtualService',
      ),
  );
  return [...new Map(rules.map((rule) => [JSON.stringify([rule.kind, rule.spec]), rule])).values()];
}
