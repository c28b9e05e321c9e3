import { beforeEach, expect, it } from 'vitest';
import { Readiness } from './readiness.ts';

let readiness: Readiness;
beforeEach(() => {
  readiness = new Readiness();
  readiness.inIsUp = true;
});

const pass = (ms: number, stepMs = 50) => {
  for (let passed = 0; passed < ms; passed += stepMs) readiness.passed(stepMs);
};

it('is not ready before a computer says so', () => {
  expect(readiness.state).toEqual({ ready: false, why: 'no computer is connected' });
});

it('is what the computer said, for less than a second', () => {
  readiness.said({ ready: true });
  pass(950);
  expect(readiness.state).toEqual({ ready: true });
  pass(50);
  expect(readiness.state).toEqual({ ready: false, why: 'the computer is silent' });
  readiness.said({ ready: false, why: 'nothing listens' });
  expect(readiness.state).toEqual({ ready: false, why: 'nothing listens' });
});

it('does not take its own pause for the silence of the computer', () => {
  readiness.said({ ready: true });
  readiness.passed(10_000);
  expect(readiness.state.ready).toBe(true);
});

it('needs the way in', () => {
  readiness.said({ ready: true });
  readiness.inIsUp = false;
  expect(readiness.state).toEqual({ ready: false, why: 'the computer takes no connections' });
});

it('is not ready when its connection is gone, or when it stops', () => {
  readiness.said({ ready: true });
  readiness.silenced();
  expect(readiness.state.ready).toBe(false);
  readiness.said({ ready: true });
  readiness.stop();
  expect(readiness.state).toEqual({ ready: false, why: 'the relay ends' });
});

it('counts how long it has heard nothing', () => {
  pass(3_000);
  expect(readiness.silentForMs).toBe(3_000);
  readiness.said({ ready: false, why: 'x' });
  expect(readiness.silentForMs).toBe(0);
});
