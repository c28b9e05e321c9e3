import { describe, expect, it } from 'vitest';
import { formatPath, formatProblem, nearest } from './problem.ts';

describe('problems', () => {
  it('are written with thing, place and way out', () => {
    const place = { file: 'istio/service-b.yaml', line: 14 };
    const message = 'not run by the local mesh; use a cluster';
    expect(
      formatProblem({
        ...place,
        object: 'VirtualService service-b',
        field: 'spec.http[0].corsPolicy',
        message,
      }),
    ).toBe(`istio/service-b.yaml:14: VirtualService service-b: spec.http[0].corsPolicy: ${message}`);
    expect(formatProblem({ ...place, message })).toBe(`istio/service-b.yaml:14: ${message}`);
  });

  it('write a path as people do', () => {
    expect(formatPath(['spec', 'http', 0, 'match', 1, 'headers', 'project-version', 'exact'])).toBe(
      'spec.http[0].match[1].headers[project-version].exact',
    );
  });

  it.each([
    ['retrys', ['retries', 'timeout'], 'retries'],
    ['http_status', ['httpStatus', 'percentage'], 'httpStatus'],
    ['Timeout', ['timeout'], 'timeout'],
    ['nonsense', ['route', 'match'], undefined],
  ])('%s: meant is %s -> %s', (name, known, meant) => expect(nearest(name, known)).toBe(meant));
});
