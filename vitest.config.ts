import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{services,mesh,check,cli,map,lessons,bench,test,charts}/**/*.test.ts'],
    env: {
      // What a command prints is compared as text, also where a terminal has colour.
      FORCE_COLOR: '0',
      // Many tests start programs of this project: only the first start of each reads TypeScript.
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    },
    // A process for each file would take three times the CPU. No test leaves anything behind that another one sees.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
