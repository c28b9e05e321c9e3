import { describe, expect, it } from 'vitest';
import { smaller } from './reduce.ts';

describe('smaller', () => {
  it('leaves out one key or one element at a time, at any depth', () => {
    expect(smaller({ a: [1, { b: 2 }] })).toEqual([{}, { a: [{ b: 2 }] }, { a: [1] }, { a: [1, {}] }]);
  });

  it('never empties a list and keeps what it is told to', () => {
    expect(smaller({ hosts: ['h'], http: [{ name: 'x' }] }, ['hosts'])).toEqual([
      { hosts: ['h'] },
      { hosts: ['h'], http: [{}] },
    ]);
  });

  it('has nothing to leave out of a plain value', () => {
    expect(smaller('text')).toEqual([]);
  });
});
