/** Where the cases lie. */
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, CaseError, readCase } from '../check/format.ts';

const folder = fileURLToPath(new URL('./cases/', import.meta.url));

/** Every case of conformance/cases, or those whose file name begins with one of `names`. @throws CaseError */
export async function readConformanceCases(names: readonly string[] = []): Promise<Case[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
  const unknown = names.filter((name) => !files.some((file) => file.startsWith(name)));
  if (unknown.length > 0) throw new CaseError(unknown.map((name) => `conformance/cases has no case ${name}`));
  const chosen = files.filter((file) => names.length === 0 || names.some((name) => file.startsWith(name)));
  return Promise.all(chosen.map((file) => readCase(relative('.', join(folder, file)))));
}
