import { expect, it } from 'vitest';
import type { Arrival } from './agent/echo.ts';
import type { Engine, Site } from './engine.ts';
import { parseCase } from './format.ts';
import { linesOf, problemsOf } from './report.ts';
import { runCases } from './run.ts';

/** Answers each time with the next of these statuses. */
function engineThatAnswers(statuses: number[], calls: Arrival[][] = []): Engine {
  const site = {
    send: async () => [[{ status: statuses.shift() ?? 0, headers: [], body: '', ms: 1 }]],
    takeCalls: async ([id = '']: readonly string[]) => ({ [id]: calls.shift() ?? [] }),
    close: async () => {},
  } as Partial<Site> as Site;
  return { name: 'a fake', kind: 'local', capacity: 1, open: async () => site, close: async () => {} };
}

async function resultOf(steps: string, statuses: number[], calls: Arrival[][] = []) {
  const one = parseCase(`title: x\nsteps:\n${steps}`, 'x.yaml');
  for await (const result of runCases([one], engineThatAnswers(statuses, calls))) return result;
  throw new Error('there was no result');
}

it('sends a step with tries anew until it is as expected, and says how often', async () => {
  const result = await resultOf('  - { tries: 3, expect: { status: 200 } }', [503, 200, 500]);
  expect(problemsOf(result)).toEqual([]);
  expect(linesOf(result)).toContain('  ✓ gateway: GET / (sent 2 times): status 200');
});

it('sends any other once, and one with tries no more often than that', async () => {
  const once = await resultOf('  - { expect: { status: 200 } }', [503, 200]);
  expect(problemsOf(once)).toEqual([expect.stringContaining('status 200: was 503')]);
  const twice = await resultOf('  - { tries: 2, expect: { status: 200 } }', [503, 502, 200]);
  expect(problemsOf(twice)).toEqual([expect.stringContaining('status 200: was 502')]);
});

it('waits for calls that are expected, such as of a mirror', async () => {
  const call = (version: string) => ({ service: 'a', version }) as Arrival;
  const steps = '  - { expect: { calls: { v1: 1, v2: 1 } } }';
  const late = await resultOf(steps, [200], [[call('v1')], [], [call('v2')]]);
  expect(problemsOf(late)).toEqual([]);
});

it('names a step that is only for the other engine', async () => {
  const result = await resultOf('  - { only: cluster, expect: { status: 200 } }', []);
  expect(linesOf(result)).toContain('  - gateway: GET /: not run, only on a cluster');
});
