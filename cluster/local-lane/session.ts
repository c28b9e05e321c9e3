/** Which run of `coloring lane local` somebody's computer is in the cluster by: others see who it is, and what was left behind. */
import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';

export interface LocalSession {
  /** `user@host`. */
  by: string;
  /** ISO 8601. */
  since: string;
  /** `HOST/PID/…`: of the command. */
  id: string;
}

/** Of this process. */
export function newSession(now = new Date()): LocalSession {
  const host = hostname();
  return {
    by: `${userName()}@${host}`,
    since: now.toISOString(),
    id: `${host}/${process.pid}/${randomBytes(4).toString('hex')}`,
  };
}

/** False: its command ran on this computer, and is gone. Of another computer nobody here can say. */
export function mayRun(id: string): boolean {
  const [host, pid] = id.split('/');
  if (host !== hostname() || !/^[1-9]\d*$/.test(pid ?? '')) return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? process.env.USERNAME ?? 'somebody';
  }
}
