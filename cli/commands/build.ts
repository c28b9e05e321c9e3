/** `npx coloring build`: each service as one file in dist/, which runs with Node and nothing else. */
import { relative } from 'node:path';
import { Argument, Command } from 'commander';
import { bundle, type ProgramName, programs } from '../../build/bundle.ts';
import { projectFile } from '../../runtime/project.ts';

const distFolder = projectFile('dist');

export function command(): Command {
  return new Command('build')
    .summary('each service as one file in dist/')
    .addArgument(new Argument('[services...]', 'which').choices(programs).default(programs, 'all'))
    .option('-o, --out <folder>', 'where the files go', distFolder)
    .action(build);
}

async function build(programs: readonly ProgramName[], { out }: { out: string }): Promise<void> {
  for (const program of programs) {
    const { file, bytes } = await bundle(program, out);
    console.log(`${relative('.', file)}  ${Math.round(bytes / 1000)} kB`);
  }
}
