/**
 * Makes one file of a service, or of the relay, and all that it imports, so that an image needs Node and nothing else:
 * `node build/bundle.ts service-a dist` writes dist/service-a.mjs.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The programs that can be bundled, and where each begins. */
const entries = {
  'service-a': 'services/service-a/main.ts',
  'service-b': 'services/service-b/main.ts',
  relay: 'relay/pod/main.ts',
} as const;
export type ProgramName = keyof typeof entries;
export const programs = Object.keys(entries) as ProgramName[];

/** Writes `<outDir>/<program>.mjs`; resolves to its path and its size in bytes. */
export async function bundle(program: ProgramName, outDir: string): Promise<{ file: string; bytes: number }> {
  const file = join(outDir, `${program}.mjs`);
  // Not `await using`: Node 22 does not know it.
  const build = await rolldown({
    input: fileURLToPath(new URL(`../${entries[program]}`, import.meta.url)),
    platform: 'node',
    logLevel: 'silent',
  });
  try {
    const { output } = await build.write({ file, format: 'esm', minify: { compress: true, mangle: false } });
    return { file, bytes: Buffer.byteLength(output[0].code) };
  } finally {
    await build.close();
  }
}

if (import.meta.main) {
  const [name, folder] = process.argv.slice(2);
  const program = programs.find((one) => one === name);
  if (!program || !folder) throw new Error(`usage: node build/bundle.ts ${programs.join('|')} FOLDER`);
  await bundle(program, folder);
}
