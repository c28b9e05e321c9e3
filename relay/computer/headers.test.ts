import { expect, it } from 'vitest';
import { endToEnd } from './headers.ts';

it('drops what is of one hop, with what Connection names, and keeps the rest as it came', () => {
  const raw = [
    'Host',
    'b',
    'Connection',
    'x-mine, keep-alive',
    'X-Mine',
    '1',
    'Keep-Alive',
    '5',
    'X-A',
    '1',
    'x-a',
    '2',
  ];
  expect(endToEnd([...raw, 'Proxy-Connection', 'keep-alive', 'Proxy-Authorization', 'x'])).toEqual([
    'Host',
    'b',
    'X-A',
    '1',
    'x-a',
    '2',
  ]);
});

it('says how the next hop is framed, and that trailers are welcome', () => {
  expect(endToEnd(['TE', 'trailers, deflate', 'Transfer-Encoding', 'chunked'])).toEqual([
    'TE',
    'trailers',
    'Transfer-Encoding',
    'chunked',
  ]);
});

it('asks for the protocol of an upgrade', () => {
  expect(endToEnd(['Connection', 'Upgrade', 'Upgrade', 'websocket'], 'websocket')).toEqual([
    'Connection',
    'Upgrade',
    'Upgrade',
    'websocket',
  ]);
});
