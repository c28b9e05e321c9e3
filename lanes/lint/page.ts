/** The page that explains each finding. */
import { readFile } from 'node:fs/promises';
import { projectFile } from '../../runtime/project.ts';
import type { LintCode } from './finding.ts';

export const lintPage = 'lanes/lint/README.md';

/** The sections of the page, by name. */
export async function readSections(): Promise<(code: LintCode) => string> {
  const text = await readFile(projectFile(lintPage), 'utf8');
  const sections = new Map(
    text.split(/^## /m).map((section) => {
      const [name = '', ...lines] = section.split('\n');
      return [name.trim(), lines.join('\n').trim()] as const;
    }),
  );
  return (code) => sections.get(code) ?? '';
}
