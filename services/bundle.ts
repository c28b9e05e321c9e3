/** Makes one file of a service and all that it imports, so that an image needs Node and nothing else. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The programs that can be bundled. */
export const PROGRAMS = ['service-a', 'service-b'] as const;
export type Program = (typeof PROGRAMS)[number];

/** Writes `<outDir>/<program>.mjs`; resolves to its path and its size in bytes. */
export async function bundle(program: Program, outDir: string): Promise<{ file: string; bytes: number }> {
  await using build = await rolldown({
    input: fileURLToPath(new URL(`./${program}/main.ts`, import.meta.url)),
    platform: 'node',
    logLevel: 'silent',
  });
  const file = join(outDir, `${program}.mjs`);
  const { output } = await build.write({ file, format: 'esm', minify: { compress: true, mangle: false } });
  return { file, bytes: Buffer.byteLength(output[0].code) };
}
