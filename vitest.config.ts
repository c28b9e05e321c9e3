import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{services,mesh,check,cli,map,lessons,bench,test,charts}/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
