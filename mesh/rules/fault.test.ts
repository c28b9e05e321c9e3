import { describe, expect, it } from 'vitest';
import { routeOf, routeProblems } from './testing.ts';

const withFault = (fault: string) => `{ route: [{ destination: { host: b } }], fault: ${fault} }`;

describe('fault', () => {
  it.each([
    [
      '{ delay: { fixedDelay: 5s, percentage: { value: 0.1 } } }',
      { delay: { fixedDelayMs: 5000, percent: 0.1 } },
    ],
    ['{ delay: { fixedDelay: 5s, percent: 7 } }', { delay: { fixedDelayMs: 5000, percent: 7 } }],
    ['{ delay: { fixedDelay: 5s } }', { delay: { fixedDelayMs: 5000, percent: 0 } }],
    ['{ delay: { percent: 7 } }', { delay: undefined }],
    [
      '{ abort: { httpStatus: 503, percentage: { value: 100 } } }',
      { abort: { httpStatus: 503, percent: 100 } },
    ],
    [
      '{ abort: { grpcStatus: UNAVAILABLE, percentage: { value: 5 } } }',
      { abort: { grpcStatus: 14, percent: 5 } },
    ],
    ['{ abort: { httpStatus: 503, percentage: {} } }', { abort: { httpStatus: 503, percent: 0 } }],
  ])('%s', (fault, expected) => expect(routeOf(withFault(fault)).fault).toMatchObject(expected));

  it.each([
    ['{}', 'fault: needs a delay, an abort, or both'],
    ['{ abort: { percentage: { value: 1 } } }', 'fault.abort.httpStatus: is missing'],
    ['{ abort: { httpStatus: 199 } }', 'fault.abort.httpStatus: 199: not in 200 to 599'],
    [
      '{ abort: { httpStatus: 500, percentage: { value: 101 } } }',
      'fault.abort.percentage.value: 101: not in 0 to 100',
    ],
    [
      '{ abort: { httpStatus: 500, percentage: { value: 0.00001 } } }',
      'fault.abort.percentage.value: 0.00001: less than 0.0001 percent',
    ],
    [
      '{ abort: { grpcStatus: NONE } }',
      'fault.abort.grpcStatus: "NONE": no status of gRPC; UNAVAILABLE is one',
    ],
    [
      '{ abort: { httpStatus: 500, grpcStatus: OK } }',
      'fault.abort.grpcStatus: one of httpStatus and grpcStatus, not both',
    ],
    ['{ abort: { http2Error: X } }', 'fault.abort.http2Error: Istio does not run it either'],
    ['{ delay: { exponentialDelay: 1s } }', 'fault.delay.exponentialDelay: Istio does not run it either'],
    ['{ delay: { fixedDelay: 0s } }', 'fault.delay.fixedDelay: 0s: less than 1ms'],
    ['{ delay: { fixedDelay: 1s, percent: 101 } }', 'fault.delay.percent: 101: not in 0 to 100'],
  ])('%s is refused', (fault, expected) => expect(routeProblems(withFault(fault))).toEqual([expected]));
});
