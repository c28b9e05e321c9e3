/** The local mesh against itself, with other rules where an engine is to differ. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../check/engine.ts';
import { parseCase } from '../check/format.ts';
import { startLocal } from '../check/local/local.ts';
import { compareCases } from './compare-cases.ts';

const one = parseCase(
  `title: service-b answers
steps:
  - { from: client, send: { host: service-b }, expect: {} }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: service-b }
spec:
  hosts: [service-b]
  http: [{ directResponse: { status: 200 } }]
`,
  'one.yaml',
);
let local: Engine;

beforeAll(async () => {
  local = await startLocal();
});
afterAll(() => local.close());

/** Another engine, which answers 201 to the first `wrong` scenes. */
function differing(wrong: number): Engine {
  const right = local;
  return {
    name: 'the other',
    kind: right.kind,
    capacity: right.capacity,
    close: () => right.close(),
    open: (scene) => {
      const rules = wrong-- > 0 ? scene.rules.replace('status: 200', 'status: 201') : scene.rules;
      return right.open({ ...scene, rules });
    },
  };
}

async function compared(wrong: number) {
  const said: string[] = [];
  const { outcomes } = await compareCases(
    [one],
    { local, istio: differing(wrong) },
    {
      onCase: ({ title }, problems) => said.push(`${title}: ${problems.length > 0 ? 'differs' : 'same'}`),
      onRepeat: (count) => said.push(`again: ${count}`),
    },
  );
  const problems = outcomes.map(({ first, again }) => [first.length > 0, again.length > 0]);
  return { said, problems };
}

it('runs once what is the same', async () => {
  expect(await compared(0)).toEqual({ said: ['service-b answers: same'], problems: [[false, false]] });
});

it('runs again what differs, until it does once more', async () => {
  const { said, problems } = await compared(2);
  expect(said).toEqual(['service-b answers: differs', 'again: 1', 'service-b answers: differs']);
  expect(problems).toEqual([[true, true]]);
});

it('runs three times more what never differs again', async () => {
  const { said, problems } = await compared(1);
  expect(said.filter((line) => line.startsWith('again'))).toHaveLength(3);
  expect(problems).toEqual([[true, false]]);
});

it('ends before the next case when it is told to', async () => {
  const stopped = compareCases(
    [one],
    { local, istio: local },
    {
      signal: AbortSignal.abort(new Error('enough')),
      onCase: () => {},
      onRepeat: () => {},
    },
  );
  await expect(stopped).rejects.toThrow('enough');
});
