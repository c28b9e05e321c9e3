/** A debugger holds the process of a lane at a breakpoint, for longer than callers wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'undici';
import { probe } from '../../../lanes/probe.ts';
import type { Report } from '../report.ts';
import type { TestCluster } from '../test-cluster.ts';
import { LocalLane } from './command.ts';

const service = 'service-b';
const version = 'paused';
/** The hang of the command and its heartbeat are well over by then. */
const heldMs = 6_000;

export async function breakpoints(test: TestCluster, report: Report): Promise<void> {
  for (const hang of ['2s', 'never']) {
    const program = ['node', '--inspect=0', `services/${service}/main.ts`];
    const lane = await LocalLane.start(test, { service, version, program, options: ['--hang', hang] });
    try {
      await lane.serves();
      const inspector = await attach(lane);
      inspector.send({ method: 'Debugger.pause' });
      await sleep(heldMs);
      const target = { url: test.url, header: test.lanes.header };
      const answer = await Promise.race([probe(target, { color: version }), sleep(2_000)]);
      const by = answer?.trail?.find((hop) => hop.service === service)?.version;
      if (hang === 'never')
        report.check('a breakpoint with --hang never: the caller waits', answer === undefined, answer);
      else report.check(`a breakpoint with --hang ${hang}: the baseline serves`, by === 'release', answer);
      inspector.send({ method: 'Debugger.resume' });
      inspector.close();
      await lane.serves();
      report.check('  and the lane is back when the program goes on', true);
    } finally {
      await lane.interrupt();
    }
  }
}

/** The debugger of Node, by the protocol of its inspector. */
async function attach(lane: LocalLane) {
  const socket = new WebSocket(await lane.says(/ws:\/\/127\.0\.0\.1:\S+/));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let id = 0;
  const send = (message: { method: string }) => socket.send(JSON.stringify({ id: ++id, ...message }));
  send({ method: 'Debugger.enable' });
  return { send, close: () => socket.close() };
}
