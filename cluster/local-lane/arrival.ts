/** How somebody's computer becomes a lane: what has to be done in which order, and what at the same time. */
import type { Shell } from '../shell.ts';
import { type Step, together } from '../steps.ts';
import { checkTools } from '../tools.ts';
import type { LocalLaneOptions } from './options.ts';

/** What there is to do. */
export interface Arrival {
  /** Whether the name is free, and what the baseline says of itself. */
  look(shell: Shell): Promise<void>;
  /** The relay's. */
  provideImage(shell: Shell): Promise<void>;
  installRelay(shell: Shell): Promise<void>;
  /** When the relay runs and this computer is connected to it. */
  startProcess(shell: Shell): Promise<void>;
  untilReady(shell: Shell): Promise<void>;
  /** What every proxy has to know before a route. */
  prepareRoute(shell: Shell): Promise<void>;
  route(shell: Shell): Promise<void>;
}

type ArrivalOptions = Pick<LocalLaneOptions, 'isRouted' | 'port' | 'relayImage' | 'target'>;

/** Only the last step leads anybody here: then all is there, and every proxy knows it. */
export function arrivalSteps(options: ArrivalOptions, arrival: Arrival): Step[] {
  const { isRouted, port, relayImage, target } = options;
  const name = `${target.service.name} ${target.version}`;
  const step = (title: string, run: Step['run']): Step => ({ title, run });
  const look = step(`${name}: is the name free?`, (shell) => arrival.look(shell));
  const image = step('Image of the relay', (shell) => arrival.provideImage(shell));
  const install = step(`${name}: a relay in its place`, (shell) => arrival.installRelay(shell));
  const start = step(`${name}: this computer is connected`, (shell) => arrival.startProcess(shell));
  const before =
    relayImage === undefined
      ? [checkTools(['docker', 'kubectl', 'helm']), together([look, image])]
      : [checkTools(['kubectl', 'helm']), look];
  if (!isRouted) return [...before, install, start];
  const ready = step(`${name}: this computer's port ${port} answers`, async (shell) => {
    await start.run(shell);
    await arrival.untilReady(shell);
  });
  const subset = step('every proxy knows it', (shell) => arrival.prepareRoute(shell));
  const route = step(`${name}: its colour is led there`, (shell) => arrival.route(shell));
  return [...before, install, together([ready, subset]), route];
}
