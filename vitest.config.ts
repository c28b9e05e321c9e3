import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The longest files first, so that no core is left alone with one of them at the end. */
const longest = [
  'test/lesson-pages',
  'test/lessons',
  'test/pipeline/jobs',
  'test/gitops/lanes',
  'test/pipeline/gateway',
  'test/start',
  'test/readme',
  'test/shop',
  'test/package',
  'conformance',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = longest.findIndex((name) => moduleId.includes(`/${name}`));
      return found < 0 ? longest.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: [
      '{services,lanes,mesh,check,conformance,cluster,local,explain,runtime,build,carry,trace,map,relay,cli,lessons,bench,fuzz,test,charts}/**/*.test.ts',
    ],
    setupFiles: ['test/property-seed.ts'],
    env: {
      // What a command prints is compared as text, also where a terminal has colour.
      FORCE_COLOR: '0',
      // Many tests start programs of this project: only the first start of each reads TypeScript.
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    },
    // A process for each file would take three times the CPU. No test leaves anything behind that another one sees.
    isolate: false,
    // Unset, it would be a core less: on two cores all files one after the other. One more, as some file always waits.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // What a test waits for comes late where others have the cores; a second, as it is unset, is too short then.
    expect: { poll: { interval: 20, timeout: 15_000 } },
  },
});
