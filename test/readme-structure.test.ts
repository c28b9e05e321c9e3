/** What is in README.md is in README.zh.md, and the other way round: held by what no language changes. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const [english, chinese] = (await Promise.all(
  ['README.md', 'README.zh.md'].map((file) => readFile(file, 'utf8')),
)) as [string, string];

const block = /^( *)```(\w+)\n([\s\S]*?)^ *```$/gm;
const prose = (text: string) => text.replaceAll(block, '');

/** Code blocks with their language; what is said in comments is said in each language. */
function blocks(text: string): string[] {
  return [...text.matchAll(block)].map(
    ([, indent = '', language, body = '']) =>
      `${language}\n${body.replaceAll(new RegExp(`^${indent}`, 'gm'), '').replaceAll(/ # .*$/gm, '')}`,
  );
}

/** Of each table its rows, of each row its cells. */
function tables(text: string): string[][][] {
  const rows = (table: string) =>
    table
      .trim()
      .split('\n')
      .map((row) => row.trim().slice(1, -1).split('|'));
  return [...text.matchAll(/(?:^ *\|.*\|\n)+/gm)].map(([table]) => rows(table));
}

const codes = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
const headings = (text: string) => [...prose(text).matchAll(/^#+(?= )/gm)].map(([level]) => level);
/** What is led to, without the other language's page and places within this one. */
const links = (text: string) => [
  ...new Set(
    [...text.matchAll(/\]\(([^)]+)\)/g)]
      .map(([, to = '']) => to.replace('.zh.md', '.md'))
      .filter((to) => to !== 'README.md' && !to.startsWith('#')),
  ),
];

describe.each<[string, (text: string) => readonly unknown[]]>([
  ['headings', headings],
  ['code blocks', blocks],
  ['tables: rows and columns', (text) => tables(text).map((rows) => rows.map((cells) => cells.length))],
  ['first columns of tables', (text) => tables(text).map((rows) => rows.map(([first = '']) => codes(first)))],
  ['steps', (text) => [...prose(text).matchAll(/^\d+\. (?=\*\*)/gm)].map(([number]) => number)],
])('%s', (_, of) => {
  it('are the same in both', () => {
    expect(of(english).length).toBeGreaterThan(4);
    expect(of(chinese)).toEqual(of(english));
  });
});

describe.each<[string, (text: string) => readonly unknown[]]>([
  ['what is led to', links],
  ['what is written as code', (text) => codes(prose(text))],
])('%s', (_, of) => {
  it('is the same in both, in an order of its own', () => {
    const sorted = (text: string) => [...new Set(of(text))].sort();
    expect(sorted(english).length).toBeGreaterThan(30);
    expect(sorted(chinese)).toEqual(sorted(english));
  });
});
