import { describe, expect, it, vi } from 'vitest';
import { type SetupName, setups } from './setups.ts';

// Each test starts programs, which takes long where the computer has other things to do.
vi.setConfig({ testTimeout: 60_000 });

describe('what is measured', () => {
  it.each(Object.keys(setups) as SetupName[])('%s answers through all its hops', async (name) => {
    const { url, programs } = await setups[name]();
    try {
      const response = await fetch(url, { headers: { 'project-version': 'release-v1' } });
      expect(response.status).toBe(200);
      expect(await response.text()).toMatch(/^release(-v1)?$/);
      for (const program of programs) expect(await program.memory()).toBeGreaterThan(20);
    } finally {
      await Promise.all(programs.map((program) => program.stop()));
    }
  });
});
