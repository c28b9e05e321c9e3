/** Where this project lies. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file or folder of this project, absolute. @param path from the project's root */
export function projectFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** The same as it is typed from where the command was given. */
export function projectPath(path: string): string {
  return relative('.', projectFile(path)) || '.';
}
