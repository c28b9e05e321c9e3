/** The Go module of the Gateway API project's conformance: its manifests are read from it, and nothing of it is kept. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The one that facts.yaml was read from. */
const version = 'v1.6.1';
const module = `sigs.k8s.io/gateway-api/conformance@${version}`;

/** A manifest by its name in the module: `base/manifests.yaml`. */
export type Manifests = (name: string) => Promise<string>;

/** @returns the manifests; or why they cannot be had: no Go, or no module proxy */
export async function conformanceModule(): Promise<Manifests | { missing: string }> {
  try {
    const run = promisify(execFile);
    const { stdout } = await run('go', ['mod', 'download', '-json', module], {
      cwd: tmpdir(),
      timeout: 120_000,
    });
    const { Dir } = JSON.parse(stdout) as { Dir: string };
    return (name) => readFile(join(Dir, name), 'utf8');
  } catch (error) {
    const { code } = error as { code?: unknown };
    return { missing: code === 'ENOENT' ? 'needs Go' : `needs Go and its module proxy for ${module}` };
  }
}
