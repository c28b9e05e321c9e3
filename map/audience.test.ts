import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Audience } from './audience.ts';
import { Sender } from './sender.ts';
import { FakeSource } from './testing.ts';

/** Of which nothing is sent yet. */
const settings = { rate: 0, concurrency: 1, method: 'GET', path: '/', colors: [] };
const minutes = (count: number) => vi.advanceTimersByTime(count * 60_000);

let sender: Sender;
let audience: Audience;
beforeEach(() => {
  vi.useFakeTimers();
  const source = new FakeSource();
  sender = new Sender(() => source.entrance());
  audience = new Audience(source, sender);
});
afterEach(async () => {
  audience.close();
  vi.useRealTimers();
  await sender.close();
});

/** @returns makes the page go */
function open(): () => void {
  const request = new EventEmitter() as IncomingMessage;
  audience.welcome(request, { writeHead() {}, write: () => true, end() {} } as unknown as ServerResponse);
  return () => request.emit('close');
}

function start(): void {
  sender.use(settings);
  audience.sendingChanged();
}

it('what is sent goes on while the page is hidden for a while, and ends when it stays away', () => {
  const hide = open();
  start();
  hide();
  minutes(4);
  const hideAgain = open();
  minutes(30);
  expect(sender.settings).toEqual(settings);
  hideAgain();
  minutes(6);
  expect(sender.settings).toBe(null);
});

it('what is sent though no page listens ends too', () => {
  start();
  minutes(6);
  expect(sender.settings).toBe(null);
});
