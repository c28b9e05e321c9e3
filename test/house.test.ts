/** The rooms of ARCHITECTURE.md: each is there, and imports only what the table allows. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Room {
  name: string;
  /** Names of rooms; undefined: all. */
  mayImport?: readonly string[];
}

const rooms = [
  ...readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/^\| `([a-z-]+)\/` \|.*\|\s*([^|\n]*?)\s*\|$/gm),
].map(
  ([, name = '', imports = '']): Room =>
    imports === 'all' ? { name } : { name, mayImport: imports.split(',').map((one) => one.trim()) },
);
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs'])
  .toString()
  .trim()
  .split('\n');
const roomOf = (file: string) => file.split('/')[0] ?? '';
const isTest = (file: string) => /\.test\.ts$|(^|\/)testing\/|^test\/|^vitest/.test(file);

/** What a file imports of this project, as paths from its root. */
function importsOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, path = '']) => normalize(join(dirname(file), path)));
}

describe('ARCHITECTURE.md', () => {
  it('has every room that holds code', () => {
    const withCode = new Set(files.filter((file) => !isTest(file) && file.includes('/')).map(roomOf));
    const notRooms = ['charts', 'examples'];
    expect([...withCode].filter((one) => !notRooms.includes(one)).sort()).toEqual(
      rooms.map(({ name }) => name).sort(),
    );
  });

  it.each(rooms)('$name imports only what it may', ({ name, mayImport }) => {
    const own = files.filter((file) => roomOf(file) === name && !isTest(file));
    const others = own.flatMap((file) =>
      importsOf(file)
        .filter((path) => roomOf(path) !== name && mayImport && !mayImport.includes(roomOf(path)))
        .map((path) => `${file} imports ${path}`),
    );
    expect(others).toEqual([]);
  });

  it('names files that are there', () => {
    const named = readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/`((?:[\w-]+\/)+[\w-]+(?:\.\w+)?)`/g);
    expect([...named].map(([, path = '']) => path).filter((path) => !existsSync(path))).toEqual([]);
  });

  it('lets imports go one way', () => {
    const left = new Map(
      rooms.map(({ name, mayImport }) => [name, mayImport ?? rooms.map((one) => one.name)]),
    );
    left.set(
      'cli',
      [...left.keys()].filter((name) => name !== 'cli'),
    );
    // Takes away, again and again, the rooms that import none of those left; what stays is a circle.
    for (let size = -1; size !== left.size; ) {
      size = left.size;
      for (const [name, imports] of left) if (!imports.some((one) => left.has(one))) left.delete(name);
    }
    expect([...left.keys()]).toEqual([]);
  });
});
