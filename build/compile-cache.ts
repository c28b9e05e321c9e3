/**
 * Prepares V8's compile cache for a bundled service, so that its first start on a read-only file system is as fast as
 * a later one: `node build/compile-cache.ts /app/main.mjs /app/cache`. Then start it with NODE_COMPILE_CACHE set to
 * that folder, the same Node, and the bundle at the same path.
 * https://nodejs.org/api/module.html#module-compile-cache
 */
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What each of the programs needs to listen: any free ports, and for the relay a key that nobody has. */
const environment = () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
  const relay = { RELAY_PUBLIC_KEY: key, RELAY_STREAM_PORT: '0', RELAY_HEALTH_PORT: '0' };
  return { PORT: '0', HOST: '127.0.0.1', DRAIN_DELAY_MS: '0', ...relay };
};

/** Runs the service until it has answered once, then stops it: Node writes the cache when it exits. */
export async function prepareCompileCache(bundle: string, folder: string): Promise<void> {
  const child = spawn(process.execPath, [bundle], {
    env: { ...environment(), NODE_COMPILE_CACHE: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, port, healthPort = port } = JSON.parse(line);
    if (msg !== 'listening') continue;
    for (const path of ['/healthz', '/readyz', '/metrics'])
      await (await fetch(`http://127.0.0.1:${healthPort}${path}`)).text();
    child.kill('SIGTERM');
  }
  const [code] = await exit;
  // The relay ends with 143 where a signal stopped it.
  if (code !== 0 && code !== 143) throw new Error(`${bundle} exited with ${code}`);
}

if (import.meta.main) {
  const [bundle, folder] = process.argv.slice(2);
  if (!bundle || !folder) throw new Error('usage: node build/compile-cache.ts BUNDLE FOLDER');
  await prepareCompileCache(bundle, folder);
}
