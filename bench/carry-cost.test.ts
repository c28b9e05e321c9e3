import { expect, it, vi } from 'vitest';
import { measureCarryCost } from './carry-cost.ts';

// Each side is a process, which takes long where the computer has other things to do.
vi.setConfig({ testTimeout: 120_000 });

it('measures pairs whose requests are all answered', async () => {
  const options = { pairs: 1, atMostMs: 50_000, warmUpRequests: 20, blocks: 2, requestsPerBlock: 40 };
  const { pairs, failed, requestsPerSecond, processorTime } = await measureCarryCost(options);
  expect({ pairs, failed }).toEqual({ pairs: 1, failed: 0 });
  for (const { low, median, high } of [requestsPerSecond, processorTime]) {
    expect(low).toBeLessThanOrEqual(median);
    expect(median).toBeLessThanOrEqual(high);
  }
});

it('begins no pair after its time', async () => {
  await expect(
    measureCarryCost({ pairs: 2, atMostMs: 0, warmUpRequests: 1, blocks: 1, requestsPerBlock: 1 }),
  ).rejects.toThrow('no pair was measured');
});
