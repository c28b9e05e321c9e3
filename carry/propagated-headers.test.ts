import { expect, it } from 'vitest';
import { alwaysPropagated, whyNotPropagated } from './propagated-headers.ts';

it('carries on the colour and the headers of W3C and B3 tracing', () => {
  expect([...alwaysPropagated].sort()).toEqual([
    'b3',
    'baggage',
    'project-version',
    'traceparent',
    'tracestate',
    'x-b3-flags',
    'x-b3-parentspanid',
    'x-b3-sampled',
    'x-b3-spanid',
    'x-b3-traceid',
    'x-request-id',
  ]);
});

it.each(['end-user', 'x-cohort', ...alwaysPropagated])('can carry on %s', (name) => {
  expect(whyNotPropagated(name)).toBeUndefined();
});

it.each([
  'host',
  'cookie',
  'authorization',
  'connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'content-length',
])('never carries on %s', (name) => {
  expect(whyNotPropagated(name)).toBe(`${name} is never carried on`);
});

it('refuses what is no header name', () => {
  expect(whyNotPropagated('end user')).toBe('"end user" is no header name');
});
