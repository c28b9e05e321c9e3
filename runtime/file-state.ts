/** What tells one state of a file from the next, without reading it. */
import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Where there is no file, the code of the system's error. */
export async function fileState(path: string): Promise<string> {
  try {
    return described(await stat(path, { bigint: true }));
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** As {@link fileState}. */
export function fileStateSync(path: string): string {
  try {
    return described(statSync(path, { bigint: true }));
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** The time of modification alone says little: every file of a package from npm has the same one. */
function described({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
