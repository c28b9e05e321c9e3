/** What holds of generated rules without a cluster; `npx coloring conform` compares them with Istio. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../check/engine.ts';
import { startLocal } from '../check/local/local.ts';
import { otherRules } from './files.ts';
import { gateSeed } from './gate-seed.ts';
import { type Dialect, generateTrials } from './generate.ts';
import { generateRules } from './generate-invalid.ts';
import { type Decision, runTrials } from './trial.ts';
import { disagreements, istioctlVersion } from './validate.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await startLocal();
});
afterAll(() => engine.close());

it.each<Dialect>(['istio', 'gateway'])(
  '%s: the same rules and requests are answered in the same way each time',
  async (dialect) => {
    const trials = generateTrials(gateSeed, 15, dialect);
    const outcome = ({ observation: { ms, ...rest } }: Decision) => ({ ...rest, tookTime: ms > 0 });
    const [once, again] = [await runTrials(trials, engine), await runTrials(trials, engine)];
    expect(once.flat().map(outcome)).toEqual(again.flat().map(outcome));
    // Not all refused, not all the same: the generator reaches upstreams, redirects and failures.
    expect(new Set(once.flat().map(({ observation }) => observation.status)).size).toBeGreaterThan(4);
  },
  60_000,
);

const version = await istioctlVersion();
it.skipIf(version === undefined)('istioctl validate finds the same rules valid', async () => {
  const found = await disagreements(generateRules(gateSeed, 300, await otherRules()));
  expect(
    found.map(({ local, istioctl }) => `local mesh: ${local ?? 'valid'}; istioctl: ${istioctl ?? 'valid'}`),
  ).toEqual([]);
});
