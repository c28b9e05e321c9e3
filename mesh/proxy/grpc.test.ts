import { expect, it } from 'vitest';
import { inGrpc, isGrpc } from './grpc.ts';
import { missingHost, noHealthyUpstream, noRoute } from './local-reply.ts';

it.each([
  ['application/grpc', true],
  ['application/grpc+proto', true],
  ['application/grpc; charset=utf-8', false],
  ['application/grpc-web', false],
  ['application/grpcx', false],
  ['text/plain', false],
  [undefined, false],
])('%s is gRPC: %s', (contentType, is) => expect(isGrpc(contentType)).toBe(is));

it.each([
  [noRoute, ['grpc-status', '12']],
  [noHealthyUpstream, ['grpc-status', '14', 'grpc-message', 'no healthy upstream']],
  [missingHost, ['grpc-status', '13']],
  [{ ...noRoute, status: 418 }, ['grpc-status', '2']],
  [{ ...noRoute, grpcStatus: 5 }, ['grpc-status', '5']],
  [{ ...noRoute, body: '100% ä~\n' }, ['grpc-status', '12', 'grpc-message', '100%25 %C3%A4%7E%0A']],
])('%j is told in headers', (reply, lines) =>
  expect(inGrpc(reply)).toMatchObject({
    status: 200,
    body: '',
    headers: ['content-type', 'application/grpc', ...lines],
  }),
);
