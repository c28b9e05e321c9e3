/** What zod found wrong, in the words of this project. */
import type { z } from 'zod';
import { notRun } from './fields.ts';
import { formatPath, nearest, type Path } from './problem.ts';

/** What zod found, one entry a field, in words. */
export function inWords(issue: z.core.$ZodIssue): { path: Path; message: string } {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  return { path, message: words(issue, path) };
}

function words(issue: z.core.$ZodIssue, path: Path): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return `expected ${article(issue.expected)}, got ${sample(issue.input)}${quoteHint(issue.expected, issue.input)}`;
    case 'invalid_value':
      if (issue.input === undefined) return `is missing; one of ${issue.values.join(', ')}`;
      return `${sample(issue.input)}: not one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `${sample(issue.input)}: less than ${issue.minimum}`;
    case 'too_big':
      return `${sample(issue.input)}: more than ${issue.maximum}`;
    case 'invalid_union': {
      // Only patches of an EnvoyFilter are of several kinds, told apart by one of their fields.
      const value = (issue.input as Record<string, unknown> | undefined)?.[String(path.at(-1))];
      return value === undefined ? 'is missing' : `${sample(value)}: ${notRun}`;
    }
    case 'custom': {
      const known = issue.params?.known as string[] | undefined;
      if (!known) return issue.message;
      const meant = nearest(String(path.at(-1)), known);
      return `unknown field; ${meant ? `did you mean ${meant}?` : `known here: ${known.join(', ')}`}`;
    }
    default:
      return `${formatPath(path)} ${issue.message}`;
  }
}

function article(type: string): string {
  const name: Record<string, string> = {
    int: 'a whole number',
    array: 'a list',
    record: 'an object',
    object: 'an object',
  };
  return name[type] ?? `a ${type}`;
}

/** A value short enough for a message. */
function sample(value: unknown): string {
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const written = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return written.length > 60 ? `${written.slice(0, 57)}...` : written;
}

function quoteHint(expected: string, input: unknown): string {
  if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean')) {
    return `, a ${typeof input}; put it in quotes`;
  }
  const bare =
    expected === 'boolean' ? /^(?:true|false)$/ : expected === 'number' ? /^[-+]?[\d.]+$/ : undefined;
  if (typeof input === 'string' && bare?.test(input)) return '; take the quotes off';
  return '';
}
