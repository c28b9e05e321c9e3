/** The local mesh against itself, and against one without rules. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../check/engine.ts';
import { startLocal } from '../check/local/local.ts';
import { compareGenerated } from './compare-generated.ts';
import { gateSeed } from './gate-seed.ts';

const asked = { decisions: 10, seed: gateSeed, dialect: 'istio' } as const;
let local: Engine;

beforeAll(async () => {
  local = await startLocal();
});
afterAll(() => local.close());

it('finds nothing where the engines are the same', async () => {
  const { requests, outcomes, example } = await compareGenerated(asked, { local, istio: local });
  expect(requests).toBeGreaterThanOrEqual(asked.decisions);
  expect(outcomes.filter(({ first, again }) => first.length + again.length > 0)).toEqual([]);
  expect(example).toBeUndefined();
});

it('gives an example of what differs each time', async () => {
  const without: Engine = {
    name: 'without rules',
    kind: local.kind,
    capacity: local.capacity,
    close: () => local.close(),
    open: (scene) => local.open({ ...scene, rules: '' }),
  };
  const { outcomes, example } = await compareGenerated(asked, { local, istio: without });
  const [differing] = outcomes.filter(({ again }) => again.length > 0);
  expect(differing).toBeDefined();
  expect(example?.trial).toBe(differing?.one);
});

it('compares all anew where many differed once', async () => {
  const shownWrong = { ...asked, decisions: 100 };
  let opened = 0;
  const atFirst: Engine = {
    name: 'without rules at first',
    kind: local.kind,
    capacity: local.capacity,
    close: () => local.close(),
    open: (scene) => local.open(opened++ === 0 ? { ...scene, rules: '' } : scene),
  };
  const { outcomes, shaken } = await compareGenerated(shownWrong, { local, istio: atFirst });
  expect(shaken).toBeGreaterThan(3);
  expect(outcomes.filter(({ first, again }) => first.length + again.length > 0)).toEqual([]);
});
