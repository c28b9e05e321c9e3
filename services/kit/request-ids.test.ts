import { expect, it } from 'vitest';
import { requestIds } from './request-ids.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';

it.each([
  [{}, {}],
  [{ 'x-request-id': 'r1' }, { requestId: 'r1' }],
  [{ traceparent: `00-${trace}-b7ad6b7169203331-01` }, { traceId: trace }],
  [{ 'x-b3-traceid': trace }, { traceId: trace }],
  [{ b3: `${trace}-b7ad6b7169203331-1` }, { traceId: trace }],
])('%j -> %j', (headers, ids) => {
  expect(requestIds({ color: '-', headers })).toEqual(ids);
});
