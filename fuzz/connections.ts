/** Connections that a listener holds, as Linux tells it. */
import { readFile } from 'node:fs/promises';

/** States in which a process still holds its end: not TIME_WAIT, CLOSE and LISTEN. */
const held = /^0[1-58-9B]$/;

/** How many connections the listeners on these ports hold; 0 where there is no /proc. */
export async function connectionsAt(ports: readonly number[]): Promise<number> {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '');
  return table.split('\n').filter((line) => {
    const [, local = '', , state = '', , , , , , inode = '0'] = line.trim().split(/\s+/);
    const port = Number.parseInt(local.split(':')[1] ?? '', 16);
    return ports.includes(port) && held.test(state) && inode !== '0';
  }).length;
}
