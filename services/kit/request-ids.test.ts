import { expect, it } from 'vitest';
import { requestIds } from './request-ids.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

it.each([
  [{}, {}],
  [{ 'x-request-id': 'r1' }, { requestId: 'r1' }],
  [{ traceparent: `00-${TRACE}-b7ad6b7169203331-01` }, { traceId: TRACE }],
  [{ 'x-b3-traceid': TRACE }, { traceId: TRACE }],
  [{ b3: `${TRACE}-b7ad6b7169203331-1` }, { traceId: TRACE }],
])('%j -> %j', (headers, ids) => {
  expect(requestIds({ color: '-', headers })).toEqual(ids);
});
