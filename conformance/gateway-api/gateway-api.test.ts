/**
 * The Gateway API project's own conformance against the local mesh: manifests of its Go module, facts of its tests. What
 * is passed, missed and not run is printed at the end.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Echo } from './echo.ts';
import { type Fact, facts } from './facts.ts';
import { conformanceModule } from './module.ts';
import { run } from './run.ts';
import { standUp } from './world.ts';

const manifests = await conformanceModule();
const missing = 'missing' in manifests ? manifests.missing : undefined;
const echo = new Echo();
let world: Awaited<ReturnType<typeof standUp>>;
const passed = new Map<Fact, boolean>();

describe.skipIf(missing)(`Gateway API conformance${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(async () => {
    if ('missing' in manifests) return;
    world = await standUp(manifests, echo);
  });
  afterAll(async () => {
    await echo.close();
    console.log(score());
  });

  const judged = facts.filter(({ notRun }) => notRun === undefined);
  it.each(judged)(
    '$profile: $test',
    async (fact) => {
      passed.set(fact, false);
      const scene = await world.sceneOf(fact);
      if ('refused' in scene) throw new Error(`refused: ${scene.refused}`);
      const problems = await run({ fact, ...scene, echo });
      if (fact.missed) expect(problems).not.toEqual([]);
      else expect(problems).toEqual([]);
      passed.set(fact, problems.length === 0);
    },
    60_000,
  );
});

function score(): string {
  const lines = (['gateway', 'grpc', 'mesh'] as const).map((profile) => {
    const all = facts.filter((fact) => fact.profile === profile);
    const good = all.filter((fact) => passed.get(fact)).length;
    return `${profile}: ${good} of ${all.length} tests of the Gateway API project's conformance passed`;
  });
  const others = facts.flatMap(({ test, missed, notRun }) => [
    ...(missed ? [`  missed: ${test}: ${missed}`] : []),
    ...(notRun ? [`  not run: ${test}: ${notRun}`] : []),
  ]);
  return [...lines, ...others].join('\n');
}
