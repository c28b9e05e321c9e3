/** `npx coloring lane local`: a process on this computer is a version of a service in the cluster. */
import { Command, InvalidArgumentError } from 'commander';
import { Cluster } from '../../cluster/cluster.ts';
import type { LaneTarget } from '../../cluster/lane-steps.ts';
import { partBeforehand } from '../../cluster/local-lane/beforehand.ts';
import { refuseUnknownImage } from '../../cluster/local-lane/relay-image.ts';
import { localLaneRole } from '../../cluster/local-lane/rights.ts';
import { runLocalLane } from '../../cluster/local-lane/run.ts';
import { whyNoAnswer } from '../../cluster/no-answer.ts';
import { parseImage, parsePort, parseSeconds } from '../../cluster/option-values.ts';
import { baseImageOption } from '../../cluster/settings.ts';
import { CommandFailed, Shell } from '../../cluster/shell.ts';
import { checkTools } from '../../cluster/tools.ts';
import { type Forward, readForward } from '../../relay/computer/index.ts';
import { Failure } from '../../runtime/failure.ts';
import { onStopSignal } from '../../runtime/stop-signal.ts';
import { stoppable } from '../../runtime/stoppable.ts';
import { collectEnv, type LaneOptions, laneOptions, targetOf } from '../lane-options.ts';

interface LocalOptions extends LaneOptions {
  version?: string;
  rights?: true;
  beforehand?: string[];
  port?: number;
  readyPath?: string | false;
  hang?: number;
  envFrom?: true;
  env: Record<string, string>;
  forward: Forward[];
  laneRoutes: boolean;
  proxyAll?: true;
  relayImage?: string;
  baseImage: string;
  ttl: number;
}

export function localCommand(): Command {
  return laneOptions(new Command('local'))
    .summary('this computer is a version of a service: requests of its colour reach the process here')
    .argument('<service>')
    .argument('[command...]', 'starts the process; after --. Without it, start the process yourself')
    .option('--version <name>', 'of the version, and so the colour: a name that nobody else has')
    .option('--port <number>', "of the process, which is told PORT; default: the service's", parsePort)
    .option(
      '--ready-path <path>',
      "2xx and 3xx there mean ready; default: that of the baseline's readiness probe",
      parsePath,
    )
    .option('--no-ready-path', 'it is ready when its port accepts connections')
    .option(
      '--hang <time>',
      'it may be silent so long (1s; 5s without a ready path), then the baseline serves; never: a breakpoint may hold it for ever',
      parseHang,
    )
    .option('--env <name=value>', 'environment of the process; may be given again', collectEnv, {})
    .option(
      '--env-from',
      "the process gets the environment of the baseline's Deployment, as far as you may read it",
    )
    .option(
      '--forward <[local:]host:port>',
      'a port of this computer leads to a host of the cluster; may be given again',
      collectForward,
      [],
    )
    .option(
      '--proxy-all',
      "the process's calls to every host go by way of the cluster, not only those to hosts in it",
    )
    .option('--no-lane-routes', 'no request comes here: the process only calls into the cluster')
    .option(
      '--relay-image <image>',
      'image of the relay; default, on kind: built of this checkout',
      parseImage,
    )
    .addOption(baseImageOption('that image'))
    .option('--ttl <seconds>', 'without this computer the relay ends after so long', parseSeconds, 60)
    .option('--rights', 'print the Role that all this needs, of the namespace alone, and end')
    .option(
      '--beforehand <names>',
      "print the gateway's part of the fallback for versions that may come, ann,bob, and end: for somebody who may write it",
      (text) => text.split(','),
    )
    .addHelpText(
      'after',
      '\nCtrl-C takes the lane away, then ends the process; the second one ends at once. Exit code: 0 then, else that of the process.\n\n' +
        '  npx coloring lane local service-b --version me -- node --watch services/service-b/main.ts',
    )
    .action(local);
}

function collectForward(text: string, before: readonly Forward[]): Forward[] {
  try {
    return [...before, readForward(text)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function parsePath(text: string): string {
  if (!/^\/[!-~]*$/.test(text)) throw new InvalidArgumentError('Expected a path: /healthz.');
  return text;
}

/** Milliseconds. */
function parseHang(text: string): number {
  if (text === 'never') return Number.POSITIVE_INFINITY;
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(number) * ({ ms: 1, s: 1_000, m: 60_000 }[unit ?? ''] ?? Number.NaN);
  if (!(ms >= 1)) throw new InvalidArgumentError('Expected a time, 500ms, 5s or 1m, or never.');
  return ms;
}

async function local(service: string, command: string[], options: LocalOptions): Promise<void> {
  const { version, rights, beforehand } = options;
  if (beforehand) {
    process.stdout.write(await printedBeforehand(service, beforehand, options));
    return;
  }
  if (version === undefined && !rights) {
    throw new Failure(
      '--version NAME is needed: of the version, and so its colour, such as --version me.',
      2,
    );
  }
  if (options.envFrom && command.length === 0 && !rights) {
    throw new Failure(
      '--env-from needs the command that starts the process, after --: what may be secret is not printed.',
      2,
    );
  }
  const target = await targetOf(service, version ?? 'me', options);
  if (rights) {
    process.stdout.write(await localLaneRole(target.service.namespace));
    return;
  }
  refuseBaseline(target);
  const [stop, now] = [new AbortController(), new AbortController()];
  onStopSignal({
    stop: () => stop.abort(),
    stopNow: () => {
      now.abort();
      process.exit(130);
    },
  });
  const looking = new Shell({ dryRun: false, say: () => {}, signal: stop.signal });
  await refuseUnknownImage(new Cluster(options.context, looking), options.relayImage);
  // Behind HTTP/2 on a stream that is no socket, Node's own clean-up at its end may wait for ever: no end without exit().
  process.once('beforeExit', () => process.exit());
  process.exitCode = await runLocalLane({
    target,
    port: options.port ?? target.service.port,
    ...(options.readyPath !== undefined && { readyPath: options.readyPath }),
    ...(options.hang !== undefined && { hangMs: options.hang }),
    command,
    forwards: options.forward,
    isRouted: options.laneRoutes,
    proxyAll: options.proxyAll ?? false,
    env: options.env,
    envFromBaseline: options.envFrom ?? false,
    ...(options.relayImage !== undefined && { relayImage: options.relayImage }),
    baseImage: options.baseImage,
    ttlSeconds: options.ttl,
    dryRun: options.dryRun ?? false,
    say: (line) => console.error(`coloring: ${line}`),
    signal: stop.signal,
    now: now.signal,
  });
  // What a library may still hold open must not keep the command.
  if (!options.dryRun) process.exit();
}

/** Of a lane; the baseline is none. */
function refuseBaseline({ service: { name, baseline }, version }: LaneTarget): void {
  if (version !== baseline) return;
  throw new Failure(
    `${version} is the baseline of ${name}, which serves every other colour too: choose another name.`,
    2,
  );
}

async function printedBeforehand(name: string, versions: readonly string[], options: LaneOptions) {
  const targets = await Promise.all(versions.map((version) => targetOf(name, version, options)));
  targets.forEach(refuseBaseline);
  const shell = new Shell({ dryRun: false, say: () => {}, signal: stoppable() });
  await checkTools(['kubectl', 'helm']).run(shell);
  const { service } = targets[0] as LaneTarget;
  const cluster = new Cluster(options.context, shell);
  try {
    return `${await partBeforehand(cluster, service, versions)}\n`;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const contexts = await cluster.contexts();
    if (contexts?.includes(options.context)) throw new Failure(error.message, 2);
    throw new Failure(await whyNoAnswer(cluster, service.namespace), 2);
  }
}
