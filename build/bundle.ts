/**
 * Makes one file of a service and all that it imports, so that an image needs Node and nothing else:
 * `node build/bundle.ts service-a dist` writes dist/service-a.mjs.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The programs that can be bundled. */
export const programs = ['service-a', 'service-b'] as const;
export type ProgramName = (typeof programs)[number];

/** Writes `<outDir>/<program>.mjs`; resolves to its path and its size in bytes. */
export async function bundle(program: ProgramName, outDir: string): Promise<{ file: string; bytes: number }> {
  const file = join(outDir, `${program}.mjs`);
  // Not `await using`: Node 22 does not know it.
  const build = await rolldown({
    input: fileURLToPath(new URL(`../services/${program}/main.ts`, import.meta.url)),
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
