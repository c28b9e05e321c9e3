/** Which lesson somebody means by `1`, `06-the-colour`, `lessons/06-the-colour/` or `colour`. */
import { nearest } from '../mesh/rules/problem.ts';

/** @returns the one that is meant, or those to choose from: none, where nothing comes near */
export function findLesson(
  asked: string,
  names: readonly string[],
): { found: string } | { candidates: readonly string[] } {
  const word = asked.replace(/\/+$/, '').replace(/^.*\//, '').toLowerCase();
  const number = /^\d+$/.test(word) ? word.padStart(2, '0') : undefined;
  const ways: ((name: string) => boolean)[] = [
    (name) => name === word,
    (name) => number !== undefined && name.startsWith(`${number}-`),
    (name) => word.length > 2 && name.startsWith(word),
    (name) => wordsOf(name).includes(word),
    (name) => word.length > 2 && name.includes(word),
  ];
  for (const isMeant of ways) {
    const [first, ...others] = names.filter(isMeant);
    if (first !== undefined && others.length === 0) return { found: first };
    if (first !== undefined) return { candidates: [first, ...others] };
  }
  return {
    candidates: names.filter((name) => word.length > 2 && nearest(word, [name, ...longWordsOf(name)])),
  };
}

function wordsOf(name: string): string[] {
  return name.split('-').slice(1);
}

/** Those of two letters are near to anything. */
function longWordsOf(name: string): string[] {
  return wordsOf(name).filter(({ length }) => length > 2);
}
