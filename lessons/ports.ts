/** Where a lesson that is up listens, for people to reach it. */
import { createServer } from 'node:net';
import { Failure } from '../runtime/failure.ts';
import { typed } from '../runtime/project.ts';
import type { Lesson } from './lesson.ts';

/** The gateway's port is N; the others count from it. */
const after = { client: 1, 'other-namespace': 2, 'no-sidecar': 3, nginx: 8 } as const;

export type LessonPorts = Record<keyof typeof after | 'gateway', number>;

/**
 * The ports of a lesson whose gateway listens on `port`; 0: any free ones.
 * @throws Failure where one of them is taken or no port
 */
export async function lessonPorts({ name, fronts }: Lesson, port: number): Promise<LessonPorts> {
  const at = (distance: number) => (port === 0 ? 0 : port + distance);
  const ports: LessonPorts = {
    gateway: at(0),
    client: at(after.client),
    'other-namespace': at(after['other-namespace']),
    'no-sidecar': at(after['no-sidecar']),
    nginx: at(after.nginx),
  };
  if (port === 0) return ports;
  const inFront = fronts.map((_, i) => ports.nginx + i);
  const needed = [ports.gateway, ports.client, ports['other-namespace'], ports['no-sidecar'], ...inFront];
  const taken = [];
  for (const one of needed) if (one > 65_535 || !(await isFree(one))) taken.push(one);
  if (taken.length > 0) {
    throw new Failure(
      `Lesson ${name} listens on ${inWords(needed)}, and ${inWords(taken)} cannot be had. Stop what uses it, another lesson or ${typed('start')}, ` +
        `or take others: ${typed('lesson', `${name.slice(0, 2)} --port ${port + 1000 > 60_000 ? 9080 : port + 1000}`)} ` +
        '(the first of them; 0: any free ones; or the environment variable GATEWAY_PORT).',
      2,
    );
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** `8080 to 8083 and 8088` */
function inWords(ports: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const port of ports) {
    const last = runs.at(-1);
    if (last && last[1] + 1 === port) last[1] = port;
    else runs.push([port, port]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`)).join(' and ');
}
