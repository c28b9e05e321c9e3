/** The program under fuzzing, from outside: where it listens, what goes wrong in it, what it holds. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { projectFile } from '../runtime/project.ts';
import { connectionsAt } from './connections.ts';
import type { Ports } from './input.ts';
import type { Told } from './program.ts';

/** What all its processes hold together; of the mesh alone where it says so. */
export interface Holdings {
  descriptors: number;
  /** Connections of clients that are gone. */
  connections: number;
  /** Of the mesh, after a garbage collection, in MB. */
  heap: number;
  /** Resident memory, in MB. */
  resident: number;
}

export interface Subject {
  ports: Ports;
  /** What must never happen and did, in words: an end, a death, a defect. */
  faults: string[];
  /** Once no request is under way. */
  measure(): Promise<Holdings>;
  stop(): Promise<void>;
}

/** A request that nobody waits for any more is over soon. */
const settlesMs = 20_000;

export async function startSubject(): Promise<Subject> {
  const child = fork(projectFile('fuzz/program.ts'), {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const faults: string[] = [];
  const ended = once(child, 'exit');
  let isStopping = false;
  let onTold: (told: Told) => void = () => {};
  const next = () =>
    Promise.race([
      new Promise<Told>((resolve) => {
        onTold = resolve;
      }),
      ended.then(([code, signal]): never => {
        throw new Error(`the mesh ended with ${code ?? signal}`);
      }),
    ]);
  child.on('message', (told: Told) => {
    if (told.type === 'fault') faults.push(told.what);
    else onTold(told);
  });
  void ended.then(([code, signal]) => {
    if (!isStopping) faults.push(`the mesh ended with ${code ?? signal}`);
  });
  const ready = await next();
  if (ready.type !== 'ready') throw new Error(`the mesh said ${ready.type} first`);
  const pids = [child.pid as number, ...ready.pids];

  const { gateway, sidecar, plain } = ready.ports;
  const measure = async (): Promise<Holdings> => {
    const end = Date.now() + settlesMs;
    for (;;) {
      const told = next();
      child.send('measure');
      const measured = await told;
      if (measured.type !== 'measured') throw new Error(`the mesh said ${measured.type}`);
      // The services have those of their sidecars, which stay.
      const connections = await connectionsAt([gateway, sidecar, plain]);
      if (measured.active + connections === 0 || Date.now() > end) {
        if (measured.active > 0) faults.push(`${measured.active} requests are under way though nobody waits`);
        const each = await Promise.all(pids.map(held));
        return {
          descriptors: each.reduce((sum, { descriptors }) => sum + descriptors, 0),
          connections,
          heap: measured.heapBytes / 1e6,
          resident: each.reduce((sum, { resident }) => sum + resident, 0),
        };
      }
      await wait(100);
    }
  };
  return {
    ports: ready.ports,
    faults,
    measure,
    stop: async () => {
      isStopping = true;
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Of one process, as Linux tells it; zero where it does not. */
async function held(pid: number): Promise<Pick<Holdings, 'descriptors' | 'resident'>> {
  const [descriptors, status] = await Promise.all([
    readdir(`/proc/${pid}/fd`).catch(() => []),
    readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
  ]);
  const [, kilobytes = 0] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return { descriptors: descriptors.length, resident: Number(kilobytes) / 1000 };
}
