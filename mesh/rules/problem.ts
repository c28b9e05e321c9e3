/** What is wrong with a rule, where, and how a person reads it. */
import type { Place } from './model.ts';

/** One thing wrong (or, among warnings, surprising) in one place. */
export interface Problem extends Place {
  /** `VirtualService service-b`; absent where the text is not yet known to be an object. */
  object?: string;
  /** `spec.http[0].corsPolicy` */
  field?: string;
  message: string;
}

/** A way from the root of an object to one of its fields. */
export type Path = readonly (string | number)[];

/** `istio/service-b.yaml:14: VirtualService service-b: spec.http[0].corsPolicy: not run by the local mesh; use a cluster` */
export function formatProblem(problem: Problem): string {
  const { object, field, message } = problem;
  // In a cluster the place says which object.
  const of = problem.line > 0 ? object : undefined;
  return [formatPlace(problem), of, field, message].filter(Boolean).join(': ');
}

/** `istio/service-b.yaml:14`; of an object in a cluster `VirtualService coloring/service-b http[2]` */
export function formatPlace({ file, line }: Place): string {
  return line > 0 ? `${file}:${line}` : file;
}

/** Writes a path as people do: `spec.http[0].match[0].headers[project-version].exact`. */
export function formatPath(path: Path): string {
  return path
    .map((step, i) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z_@]\w*$/.test(step)) return `[${step}]`;
      return i === 0 ? step : `.${step}`;
    })
    .join('');
}

/** The known name that a misspelt one most likely means, if any is near enough. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const bare = (text: string) => text.toLowerCase().replace(/[_-]/g, '');
  const wanted = bare(name);
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(wanted, bare(candidate), limit);
    if (distance <= limit && (!best || distance < best.distance)) best = { name: candidate, distance };
  }
  return best?.name;
}

/** Edits between two words, where swapping neighbours is one; above `limit` any number above it will do. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? limit) + 1 : limit + 1;
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swapped));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
