import { expect, test, vi } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.ts';

test('connections, then the queue, then overflow; a connection that is free goes to who waits longest', () => {
  const breaker = new CircuitBreaker({ maxConnections: 1, http1MaxPendingRequests: 2 });
  const [second, third] = [vi.fn(), vi.fn()];
  expect(breaker.enter(true, vi.fn())).toBe('go');
  expect(breaker.enter(false, second)).toBe('wait');
  expect(breaker.enter(false, third)).toBe('wait');
  expect(breaker.enter(false, vi.fn())).toBe('overflow');
  breaker.leave();
  expect([second.mock.calls.length, third.mock.calls.length]).toEqual([1, 0]);
  breaker.leave();
  expect(third).toHaveBeenCalledOnce();
  breaker.leave();
  expect(breaker.enter(true, vi.fn())).toBe('go');
});

test('a request is pending while its connection is made', () => {
  const breaker = new CircuitBreaker({ http1MaxPendingRequests: 1 });
  expect(breaker.enter(false, vi.fn())).toBe('go');
  expect(breaker.enter(false, vi.fn())).toBe('overflow');
  expect(breaker.enter(true, vi.fn())).toBe('go');
  breaker.connected();
  expect(breaker.enter(false, vi.fn())).toBe('go');
});

test('who leaves the queue is not called', () => {
  const breaker = new CircuitBreaker({ maxConnections: 1 });
  const waiting = vi.fn();
  breaker.enter(true, vi.fn());
  breaker.enter(false, waiting);
  breaker.forget(waiting);
  breaker.leave();
  expect(waiting).not.toHaveBeenCalled();
  expect(breaker.enter(true, vi.fn())).toBe('go');
});

test('retries at the same time are limited', () => {
  const breaker = new CircuitBreaker({ maxRetries: 1 });
  expect([breaker.retry(), breaker.retry()]).toEqual([true, false]);
  breaker.retryEnded();
  expect(breaker.retry()).toBe(true);
});

test('0 and nothing mean no limit', () => {
  const breaker = new CircuitBreaker({ maxConnections: 0, http1MaxPendingRequests: 0 });
  for (let i = 0; i < 1000; i++) expect(breaker.enter(false, vi.fn())).toBe('go');
});
