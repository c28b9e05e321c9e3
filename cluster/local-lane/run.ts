/**
 * Somebody's computer as a version of a service, from the first look to the last: the relay comes, the process is started,
 * the colour is led there; and all goes again, in the order that costs nobody a request.
 */
import { Failure } from '../../runtime/failure.ts';
import { Cluster } from '../cluster.ts';
import { readLaneStates } from '../lane-state.ts';
import { Shell } from '../shell.ts';
import { runSteps } from '../steps.ts';
import { type Arrival, arrivalSteps } from './arrival.ts';
import { askBaseline, type BaselineFacts } from './baseline.ts';
import { whoLeftIt } from './free-name.ts';
import { refuseBusyPort, refuseUnknownProgram } from './local-process.ts';
import type { LocalLaneOptions } from './options.ts';
import { OwnRelay } from './own-relay.ts';
import { provideRelay } from './relay-image.ts';
import { ThisComputer } from './this-computer.ts';

/**
 * Until the process has ended, or the signal.
 * @returns the exit code: 0 after the signal, else the process's own; 1 in place of 0 where the lane could not be taken away
 * @throws Failure where it does not come; what was made is taken away first
 */
export async function runLocalLane(options: LocalLaneOptions): Promise<number> {
  const lane = new LocalLaneRun(options);
  options.now.addEventListener('abort', () => lane.kill(), { once: true });
  let exitCode: number;
  try {
    await lane.come();
    exitCode = options.dryRun ? 0 : await lane.stay();
  } catch (error) {
    await lane.go();
    throw error;
  }
  const isGone = await lane.go();
  return isGone ? exitCode : exitCode || 1;
}

class LocalLaneRun implements Arrival {
  readonly #options: LocalLaneOptions;
  readonly #relay: OwnRelay;
  readonly #computer: ThisComputer;
  readonly #name: string;
  #image: string;
  #baseline: BaselineFacts = { readyPath: undefined, env: {} };
  #isGoing = false;
  /** Leads the colour to a new relay. */
  #leading: Promise<void> | undefined;
  /** Somebody has taken it away. */
  readonly #taken = Promise.withResolvers<void>();

  constructor(options: LocalLaneOptions) {
    const { relayImage = '', target } = options;
    this.#options = options;
    this.#relay = new OwnRelay(options);
    this.#name = `${target.service.name} ${target.version}`;
    this.#image = relayImage;
    this.#computer = new ThisComputer({
      lane: options,
      cluster: new Cluster(target.context, this.#quiet()),
      relay: this.#relay,
      restore: () => this.#restore(),
      onTaken: this.#taken.resolve,
    });
  }

  async come(): Promise<void> {
    const { command, port, dryRun, isRouted, signal } = this.#options;
    if (!dryRun) await refuseUnknownProgram(command);
    if (command.length > 0 && !dryRun && isRouted) await refuseBusyPort(port);
    const wayOut = () => this.#wayOut;
    const began = performance.now();
    await runSteps(arrivalSteps(this.#options, this), { dryRun, signal, wayOut, isPlain: true });
    this.#computer.isServing = true;
    if (!dryRun) await this.#sayHow(performance.now() - began);
  }

  /** How it is reached, and ended. */
  async #sayHow(tookMs: number): Promise<void> {
    const { isRouted, say, target } = this.#options;
    const serves = `this computer serves its colour (${(tookMs / 1000).toFixed(1)} s)`;
    let how = 'the process calls into the cluster, and no request comes here';
    if (isRouted) {
      how = (await this.#isInMeshOnly())
        ? `${serves} for calls inside of the mesh alone: the gateway goes on leading it to the baseline`
        : `${serves}: curl -H '${target.lanes.header}: ${target.version}' GATEWAY`;
    }
    say(`${this.#name}: ${how}. Ctrl-C takes it away.`);
  }

  async #isInMeshOnly(): Promise<boolean> {
    const { context, service, version } = this.#options.target;
    const states = await readLaneStates(new Cluster(context, this.#quiet()), service.namespace);
    const own = states?.find((state) => state.service === service.name && state.version === version);
    return own?.meshOnly ?? false;
  }

  get #wayOut(): string {
    if (!this.#relay.isMade) return 'Nothing was made.';
    return `What was made is taken away again. To look: npx coloring lane list --context ${this.#options.target.context}.`;
  }

  async look(shell: Shell): Promise<void> {
    const cluster = new Cluster(this.#options.target.context, shell);
    const left = await whoLeftIt(cluster, this.#relay.target);
    if (left !== undefined) {
      shell.say(`  left behind by ${left}: taken away first`);
      await this.#relay.takeAway(shell);
    }
    const { missing, ...facts } = await askBaseline(cluster, this.#options);
    this.#baseline = facts;
    if (missing.length > 0) shell.say(`  not read of the baseline's environment: ${missing.join(', ')}`);
  }

  async provideImage(shell: Shell): Promise<void> {
    const { target, baseImage } = this.#options;
    this.#image = await provideRelay(shell, target.context, baseImage);
  }

  async installRelay(shell: Shell): Promise<void> {
    await this.#relay.install(shell, this.#image);
  }

  async startProcess(shell: Shell): Promise<void> {
    await this.#relay.untilRuns(shell);
    if (!shell.dryRun) await this.#computer.start(this.#baseline);
  }

  async untilReady(shell: Shell): Promise<void> {
    if (!shell.dryRun) await this.#computer.untilReady();
    await this.#relay.untilReady(shell);
  }

  async prepareRoute(shell: Shell): Promise<void> {
    await this.#relay.lead(shell, 'subset');
  }

  async route(shell: Shell): Promise<void> {
    await this.#relay.lead(shell, 'routed');
  }

  async #restore(): Promise<void> {
    const { isRouted, say } = this.#options;
    if (this.#isGoing) throw new Error('the lane is being taken away');
    say(`${this.#name}: its relay has ended, a new one comes …`);
    await this.#relay.install(this.#quiet(), this.#image);
    await this.#relay.untilRuns(this.#quiet());
    if (!isRouted) return;
    // The link need not wait for it; who changed routes meanwhile has found no Job, and left its version out.
    const failed = (error: Error) => say(`${this.#name}: no route: ${error.message}`);
    this.#leading = this.#relay.leadAgain(this.#quiet()).catch(failed);
  }

  /** Until the process has ended, or the signal. @returns the exit code */
  async stay(): Promise<number> {
    const { signal, say } = this.#options;
    const stopped = new Promise<number>((resolve) => {
      if (signal.aborted) resolve(0);
      signal.addEventListener('abort', () => resolve(0), { once: true });
    });
    const ended = this.#computer.ended?.then((code) => {
      if (!signal.aborted) say(`${this.#name}: the process has ended (exit code ${code})`);
      return code;
    });
    const taken = this.#taken.promise.then(() => {
      throw new Failure(`${this.#name} was taken away by somebody else.`);
    });
    return Promise.race([stopped, taken, ...(ended ? [ended] : [])]);
  }

  /** The route, the subset, the pod; then the process, which has served until then. @returns whether nothing is left */
  async go(): Promise<boolean> {
    const { say, target } = this.#options;
    this.#isGoing = true;
    this.#computer.isServing = false;
    try {
      // A route that it writes last would stay.
      await this.#leading;
      if (await this.#relay.isThere(this.#quiet())) {
        say(`${this.#name}: its route goes, then its pod …`);
        await this.#relay.takeAway(this.#quiet());
        say(`${this.#name}: gone; the baseline serves its colour`);
      }
      return true;
    } catch (error) {
      say(
        `${this.#name} is not gone: ${(error as Error).message}\nAgain: npx coloring lane remove ${this.#name} --context ${target.context}`,
      );
      return false;
    } finally {
      await this.#computer.close();
    }
  }

  /** At once. */
  kill(): void {
    this.#computer.kill();
  }

  /** Asks on until the very end. */
  #quiet(): Shell {
    return new Shell({ dryRun: false, say: () => {}, signal: this.#options.now });
  }
}
