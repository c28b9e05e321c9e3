/** Which lesson somebody means by `1`, `06-the-colour`, `lessons/06-the-colour/` or `colour`. */

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
  return { candidates: names.filter((name) => wordsOf(name).some((one) => isNear(one, word))) };
}

function wordsOf(name: string): string[] {
  return name.split('-').slice(1);
}

/** One letter more, less or other; two in a long word. */
function isNear(one: string, other: string): boolean {
  const letters = Math.min(one.length, other.length);
  return letters > 2 && distance(one, other) <= (letters > 5 ? 2 : 1);
}

/** Letters to put in, take out or replace to make one of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, otherLetter] of [...other].entries()) {
      const replaced = (row[j] as number) + (letter === otherLetter ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[other.length] as number;
}
