/** Every case on the local mesh; `npx coloring conform` compares the same cases with Istio. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../check/engine.ts';
import { startLocal } from '../check/local/local.ts';
import { problemsOf } from '../check/report.ts';
import { type CaseResult, runCases } from '../check/run.ts';
import { readConformanceCases } from './files.ts';

const cases = await readConformanceCases();
const results = new Map<string, CaseResult>();
let engine: Engine;

beforeAll(async () => {
  engine = await startLocal();
  for await (const result of runCases(cases, engine)) results.set(result.case.file, result);
}, 180_000);
afterAll(() => engine.close());

describe.each(cases)('$file', ({ file, title, needs, invalid }) => {
  it(needs ? `is refused: ${needs.cluster}` : title, () => {
    const result = results.get(file) as CaseResult;
    if (needs?.refused) expect(result.stopped).toContain(needs.refused);
    else if (!needs) expect(problemsOf(result)).toEqual([]);
    if (invalid === undefined) return;
    expect(result.refused).toContain(invalid);
    // With the place: `file:12: VirtualService service-a: spec.…`
    expect(result.refused).toMatch(/^conformance\/cases\/[-a-z]+\.yaml:\d+: [A-Z]\w+ [-a-z]+: spec\./m);
  });
});

it('every case has a title of its own', () => {
  expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
});
