/**
 * What a change is declared to take away. The declaration lies in a file of the change's own folder, so that it is reviewed
 * with it and goes with it, also where the object that it is about is removed, and never reaches the cluster, as an
 * annotation would.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../runtime/failure.ts';
import { type Effect, effectName, takes } from './effect.ts';

export const allowanceFile = '.coloring-diff-allow';

export interface Allowance {
  /** `service-b/release-*`: a star is any number of characters. */
  pattern: string;
  /** `--allow`, or file and line. */
  from: string;
}

/** @param paths of the change: a folder's file counts without being named */
export async function readAllowances(
  named: readonly string[],
  file: string | undefined,
  paths: readonly string[],
): Promise<Allowance[]> {
  const files = file === undefined ? paths.map((path) => join(path, allowanceFile)) : [file];
  const ofFiles = await Promise.all(files.map((path) => allowancesIn(path, file !== undefined)));
  const all = [...named.map((pattern) => ({ pattern, from: '--allow' })), ...ofFiles.flat()];
  for (const { pattern, from } of all) {
    if (!/^[^/\s]+\/\S/.test(pattern)) {
      throw new Failure(
        `${from}: ${pattern}: write SERVICE/COLOUR, as coloring diff names it: service-b/release-v1`,
        2,
      );
    }
  }
  return all;
}

async function allowancesIn(path: string, isNamed: boolean): Promise<Allowance[]> {
  if (!isNamed && !existsSync(path)) return [];
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.flatMap((line, index) => {
    const pattern = line.replace(/(^|\s)#.*/, '').trim();
    return pattern ? [{ pattern, from: `${path}:${index + 1}` }] : [];
  });
}

export interface Judged {
  /** Each effect that takes something away, with the declaration of it where there is one. */
  taken: readonly { effect: Effect; allowed?: Allowance }[];
  /** Declarations that nothing needs. */
  idle: readonly Allowance[];
}

export function judgeBy(effects: readonly Effect[], allowances: readonly Allowance[]): Judged {
  const used = new Set<Allowance>();
  const taken = effects.filter(takes).map((effect) => {
    const fitting = allowances.filter(({ pattern }) => fits(pattern, effectName(effect)));
    for (const one of fitting) used.add(one);
    const [allowed] = fitting;
    return { effect, ...(allowed && { allowed }) };
  });
  return { taken, idle: allowances.filter((one) => !used.has(one)) };
}

function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}
