/** On which ports the processes of a group listen, as Linux tells in /proc; elsewhere nobody knows. */
import { readdir, readFile, readlink } from 'node:fs/promises';

/** The ports, ascending; empty where it cannot be known. */
export async function listeningPorts(group: number): Promise<number[]> {
  const sockets = await socketsOf(group);
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => read(`/proc/net/${table}`)));
  const ports = tables
    .flatMap((table) => table.split('\n').slice(1))
    .flatMap((line) => {
      // sl local_address rem_address st … inode: proc(5)
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const isListening = state === '0A' && sockets.has(inode);
      return isListening ? Number.parseInt(local.split(':')[1] ?? '', 16) : [];
    });
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** The inodes of all sockets that the group has open. */
async function socketsOf(group: number): Promise<Set<string>> {
  const pids = (await list('/proc')).filter((name) => /^\d+$/.test(name));
  const inodes = await Promise.all(
    pids.map(async (pid) => {
      const stat = await read(`/proc/${pid}/stat`);
      // pid (name) state ppid pgrp …; the name may have blanks and brackets
      const [, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(pgrp) !== group) return [];
      const open = await list(`/proc/${pid}/fd`);
      const targets = await Promise.all(open.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
      return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
    }),
  );
  return new Set(inodes.flat());
}

const list = (folder: string) => readdir(folder).catch(() => [] as string[]);
const read = (file: string) => readFile(file, 'utf8').catch(() => '');
