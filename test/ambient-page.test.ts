/** gateway-api/ambient.md: what cannot be run here stands there with its source. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync('gateway-api/ambient.md', 'utf8');
const [text = '', sources = ''] = page.split('## Sources');
const listed = [...sources.matchAll(/^(\d+)\. .*(?:\n {3}.*)*/gm)].map(([entry, number]) => ({
  entry,
  number,
}));

it('names a source that is in the list, and lists none that is not named', () => {
  const named = [...text.matchAll(/\[(\d+)\]/g)].map(([, number]) => number);
  expect([...new Set(named)].sort()).toEqual(listed.map(({ number }) => number).sort());
  expect(sources).toMatch(/looked up on 20\d\d-\d\d-\d\d/);
});

it('leads from each number to the page that the list has', () => {
  for (const { entry, number } of listed) {
    const [, url] = new RegExp(`^\\[${number}\\]: (.*)$`, 'm').exec(sources) ?? [];
    const inWords = entry.includes('https://') ? entry : '';
    expect([number, inWords]).toEqual([number, expect.stringContaining(url ?? 'no page')]);
  }
});

it('has in each row of the table a source, or says that it is a conclusion', () => {
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !/^\| (---|In ambient)/.test(line));
  expect(rows.length).toBeGreaterThan(8);
  const bare = rows.filter((row) => !/\[\d+\]|conclusion|as ever/.test(row));
  expect(bare).toEqual([]);
});
