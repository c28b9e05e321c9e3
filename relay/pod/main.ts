/** The program in the pod: `coloring lane local` has it run as a version of a service. See relay/README.md. */
import { setDefaultHighWaterMark } from 'node:stream';

import { onStopSignal } from '../../runtime/stop-signal.ts';
import { readAheadBytes } from './backlog.ts';
import { standardLog } from './log.ts';
import { startRelay } from './relay.ts';
import { readSettings } from './settings.ts';

/** Istio's agent: a sidecar that is no init container would keep the pod of an ended program. */
const sidecarQuit = 'http://127.0.0.1:15020/quitquitquit';

/** With 0 its Job is done, and taken away; where the pod alone goes (a node is drained), the Job makes another one. */
const stopped = 143;

setDefaultHighWaterMark(false, readAheadBytes);
const log = standardLog();
try {
  const relay = await startRelay(readSettings(process.env), log);
  onStopSignal({ stop: relay.stop, stopNow: () => process.exit(stopped) });
  const why = await relay.ended;
  log('ended', { why });
  await fetch(sidecarQuit, { method: 'POST', signal: AbortSignal.timeout(1_000) }).catch(() => {});
  process.exit(why === 'no computer' ? 0 : stopped);
} catch (error) {
  log('cannot run', { why: (error as Error).message });
  process.exit(2);
}
