import { describe, expect, it } from 'vitest';
import { parseCase } from '../check/format.ts';
import type { Observation } from '../check/observation.ts';
import { comparable, compareResults, difference } from './compare.ts';

const observation: Observation = {
  status: 200,
  served: 'service-a/release',
  endpoint: 'release-0',
  answer: { headers: { 'x-upstream': ['release'] }, body: '' },
  ms: 12,
};

describe('comparable', () => {
  it('leaves out time and endpoint', () => {
    const other = { ...observation, ms: 99, endpoint: 'release-1' };
    expect(comparable(other)).toEqual(comparable(observation));
  });

  it('leaves out the version only where it is chance', () => {
    const other = {
      ...observation,
      served: 'service-a/release-v1',
      answer: { headers: { 'x-upstream': ['release-v1'] }, body: '' },
    };
    expect(comparable(other, true)).toEqual(comparable(observation, true));
    expect(comparable(other)).not.toEqual(comparable(observation));
  });
});

describe('what the proxies logged', () => {
  /** A case with this step, of which the gateway logged this. */
  const result = (step: string, ...logged: string[]) => ({
    case: parseCase(`title: x\nsteps:\n  - ${step}\n`, 'x.yaml'),
    steps: [],
    outcomes: { gateway: logged },
  });

  it('is compared', () => {
    const step = '{ expect: { status: 503 } }';
    expect(compareResults(result(step, '503 NC'), result(step, '503 UH'))).toEqual([
      'x.yaml: gateway logged on the local mesh: 503 NC, on Istio: 503 UH',
    ]);
  });

  it('is of other requests where a step is for one engine only', () => {
    const step = '{ only: local, expect: { status: 503 } }';
    expect(compareResults(result(step, '503 NC'), result(step))).toEqual([]);
  });
});

describe('difference', () => {
  it('names every path on which two values differ, and what each has', () => {
    expect(difference({ a: { b: 1, c: [1] } }, { a: { b: 2, c: [1] }, d: 3 }, '')).toEqual([
      'a.b: local mesh 1, Istio 2',
      'd: local mesh none, Istio 3',
    ]);
  });

  it('is empty for equal values', () => {
    expect(difference({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, '')).toEqual([]);
  });
});
