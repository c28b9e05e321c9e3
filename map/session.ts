/**
 * The secret behind the cookie, kept between starts: a page that is open when the map is started anew comes back by
 * itself. It lies where this user's programs keep their state, and nobody else may read it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The session of the map on this port; a new one where none is kept, or cannot be. */
export async function keptSession(port: number, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const folder = join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'coloring');
  const file = join(folder, `map-${port}`);
  const kept = await read(file);
  if (kept) return kept;
  const session = newSecret();
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rm(file, { force: true });
    await writeFile(file, session, { mode: 0o600 });
  } catch {
    // It then holds until the end of this process.
  }
  return session;
}

/** Undefined unless it is this user's own file, that nobody else may read or write. */
async function read(file: string): Promise<string | undefined> {
  try {
    const { mode, uid } = await stat(file);
    const isPrivate = process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
    const text = (await readFile(file, 'utf8')).trim();
    return isPrivate && secretPattern.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

const secretPattern = /^[\w-]{32}$/;

export function newSecret(): string {
  return randomBytes(24).toString('base64url');
}
