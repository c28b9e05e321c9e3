/** grpc.ts and the library that it needs as one file, for pods, which have Node and nothing else. */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

export async function bundleGrpc(): Promise<string> {
  // Not `await using`: Node 22 does not know it.
  const build = await rolldown({
    input: fileURLToPath(new URL('../agent/grpc.ts', import.meta.url)),
    platform: 'node',
    logLevel: 'silent',
  });
  try {
    const { output } = await build.generate({ format: 'esm', minify: { compress: true, mangle: false } });
    return output[0].code;
  } finally {
    await build.close();
  }
}
