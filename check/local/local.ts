/** The local mesh as an engine: everything in this process, upstreams included, but for the pair and nginx. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Echo } from '../agent/echo.ts';
import type { Engine } from '../engine.ts';
import { type LocalOptions, LocalSite } from './local-site.ts';
import { address } from './upstream.ts';

export async function startLocal(options: LocalOptions = {}): Promise<Engine> {
  const echo = new Echo(address);
  const port = await echo.play({ service: 'outside', version: 'v1', endpoint: 'v1-0', misbehavior: '' }, 0);
  const folder = await mkdtemp(join(tmpdir(), 'check-'));
  let opened = 0;
  return {
    name: 'local mesh',
    kind: 'local',
    capacity: options.capacity ?? 16,
    open: (scene) => {
      const ruleFile = options.ruleFile ?? join(folder, `${opened++}.yaml`);
      return LocalSite.open(scene, { ...options, echo, outside: { address, port }, ruleFile });
    },
    async close() {
      await echo.close();
      await rm(folder, { recursive: true });
    },
  };
}
