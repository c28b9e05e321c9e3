/** `npx coloring build`: each service as one file in dist/, which runs with Node and nothing else. */
import { relative } from 'node:path';
import { Argument, Command } from 'commander';
import { bundle, PROGRAMS, type Program } from '../../build/bundle.ts';
import { projectFile } from '../../runtime/project.ts';

const DIST = projectFile('dist');

export function command(): Command {
  return new Command('build')
    .summary('each service as one file in dist/')
    .addArgument(new Argument('[services...]', 'which').choices(PROGRAMS).default(PROGRAMS, 'all'))
    .option('-o, --out <folder>', 'where the files go', DIST)
    .action(build);
}

async function build(programs: readonly Program[], { out }: { out: string }): Promise<void> {
  for (const program of programs) {
    const { file, bytes } = await bundle(program, out);
    console.log(`${relative('.', file)}  ${Math.round(bytes / 1000)} kB`);
  }
}
