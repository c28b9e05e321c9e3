import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{services,mesh,check,cli,map,lessons,bench,test,charts}/**/*.test.ts'],
    // What a command prints is compared as text, also where a terminal has colour.
    env: { FORCE_COLOR: '0' },
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
