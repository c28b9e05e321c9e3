/** What the relay is told by its environment. */
import type { KeyObject } from 'node:crypto';
import { streamPort } from '../stream/handshake.ts';
import { readPublicKey } from '../stream/session-key.ts';

export interface RelaySettings {
  /** Where the mesh connects: the service's own port. */
  port: number;
  /** Where the computer connects, on loopback. */
  streamPort: number;
  healthPort: number;
  publicKey: KeyObject;
  /** It ends itself after so long without its computer. */
  ttlMs: number;
}

/** @throws Error that names each variable that is wrong */
export function readSettings(env: NodeJS.ProcessEnv): RelaySettings {
  const wrong: string[] = [];
  const number = (name: string, unset: number | undefined, most: number): number => {
    const text = env[name] ?? unset;
    const value = Number(text);
    if (text === undefined || text === '' || !Number.isInteger(value) || value < 0 || value > most)
      wrong.push(`${name}=${text ?? ''}: has to be a whole number up to ${most}`);
    return value;
  };
  const settings = {
    port: number('PORT', undefined, 65_535),
    streamPort: number('RELAY_STREAM_PORT', streamPort, 65_535),
    healthPort: number('RELAY_HEALTH_PORT', 15_101, 65_535),
    ttlMs: number('RELAY_TTL_SECONDS', 60, 86_400) * 1000,
  };
  let publicKey: KeyObject | undefined;
  try {
    publicKey = readPublicKey(env.RELAY_PUBLIC_KEY ?? '');
  } catch (error) {
    wrong.push(`RELAY_PUBLIC_KEY: ${(error as Error).message}`);
  }
  if (wrong.length > 0 || !publicKey) throw new Error(wrong.join('\n'));
  return { ...settings, publicKey };
}
