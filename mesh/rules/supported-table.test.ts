import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { supportedTable } from './supported-table.ts';

const readme = fileURLToPath(new URL('../README.md', import.meta.url));

it('README.md lists the fields that the parser knows (npx vitest run mesh/supported-table -u writes it)', async () => {
  const text = await readFile(readme, 'utf8');
  const [before, , after] = text.split(/(?<=<!-- fields -->\n)|(?=<!-- end of fields -->)/);
  expect(after, 'the mark at the end of the list').toBeDefined();
  await expect(`${before}\n${supportedTable()}\n\n${after}`).toMatchFileSnapshot(readme);
});
