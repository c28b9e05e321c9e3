import { defineConfig } from 'vitest/config';

/** `npx vitest run --config test/pipeline/vitest.config.ts`: the pipeline's jobs on the kind cluster KIND_CLUSTER, whose gateway is at GATEWAY_URL. */
export default defineConfig({
  test: {
    include: ['test/pipeline/*.cluster.ts'],
    fileParallelism: false, // one cluster, one Docker
    // Images are built, loaded and rolled out.
    testTimeout: 600_000,
    hookTimeout: 300_000,
    disableConsoleIntercept: true,
    env: { FORCE_COLOR: '0' },
  },
});
