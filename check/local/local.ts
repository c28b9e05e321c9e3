/** The local mesh as an engine: everything in this process, upstreams included, but for the pair and nginx. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MeshOptions } from '../../mesh/mesh.ts';
import { Echo } from '../agent/echo.ts';
import type { Engine } from '../engine.ts';
import type { Caller } from '../format.ts';
import { LocalSite } from './local-site.ts';
import type { Programs } from './pair.ts';
import { address } from './upstream.ts';

export interface LocalOptions {
  /** Scenes at the same time. */
  capacity?: number;
  /** Runs the kit's services, for scenes where they answer. */
  programs?: Programs;
  /** Where the mesh and its callers listen, for people to reach them; any free port where it says nothing. */
  ports?: LocalPorts;
  /** Keeps the rules in this file, one scene at a time; where `ports` are for people, a change in it takes effect. */
  ruleFile?: string;
  onAccessLog?: NonNullable<MeshOptions['onAccessLog']>;
  /** After each change of the rule file. */
  onReload?: NonNullable<MeshOptions['onReload']>;
}

/** `nginx`: the first of the fronts; the others count up from it. */
type LocalPorts = Readonly<Partial<Record<Exclude<Caller, 'node'>, number>>>;

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
