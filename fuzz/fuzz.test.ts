import { expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { inputs } from './inputs.ts';

it('3,000 inputs end nothing, hang nothing, fill nothing and get the status that is due', async () => {
  const { sent, findings, kinds } = await fuzz({ requests: 3_000, seed: 11 });
  expect(findings).toEqual([]);
  expect(sent).toBe(3_000);
  expect(Object.keys(kinds).length).toBeGreaterThan(15);
}, 300_000);

it('the same seed gives the same inputs', () => {
  expect([...inputs(7, 40)]).toEqual([...inputs(7, 100)].slice(0, 40));
  expect([...inputs(8, 40)]).not.toEqual([...inputs(7, 40)]);
});
