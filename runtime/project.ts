/** Where this project lies, and in which form: TypeScript that Node runs as it is, or JavaScript built for the package. */
import { readFileSync } from 'node:fs';
import { extname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const extension = extname(fileURLToPath(import.meta.url));

/** Whether this is the package, installed; else it is a checkout, with all that those need who change it. */
export const isPackage = extension === '.js';

/** A file or folder of this project, absolute. @param path from the project's root */
export function projectFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** A program of this project, absolute, in the form in which Node runs it here. @param path without `.ts` */
export function projectProgram(path: string): string {
  return projectFile(`${path}${extension}`);
}

/** The same as it is typed from where the command was given. */
export function projectPath(path: string): string {
  return relative('.', projectFile(path)) || '.';
}

/**
 * How a command of this project is typed here: `npm start -- --once`, or from the package `npx coloring start --once`.
 * @param args as after the command
 */
export function typed(command: 'start' | 'lesson', args = ''): string {
  if (isPackage) return `npx coloring ${command} ${args}`.trim();
  const script = command === 'start' ? 'npm start' : `npm run ${command}`;
  return args ? `${script} -- ${args}` : script;
}

/** As package.json says it. */
export function projectVersion(): string {
  return JSON.parse(readFileSync(projectFile(isPackage ? '../package.json' : 'package.json'), 'utf8'))
    .version;
}
