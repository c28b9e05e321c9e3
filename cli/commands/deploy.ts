import { Command } from 'commander';
import { execa } from 'execa';
import { deployLanes } from '../../cluster/deploy-steps.ts';
import { installGatewayApi } from '../../cluster/gateway-api.ts';
import { doorOf, gatewayPods } from '../../cluster/gateway-door.ts';
import { buildImages, type Images } from '../../cluster/images.ts';
import { installIstio } from '../../cluster/istio.ts';
import { kindOf, loadImages } from '../../cluster/kind.ts';
import { imageForm, parseRegistry } from '../../cluster/option-values.ts';
import { type DeployCommandOptions, deployOptions } from '../../cluster/settings.ts';
import { checkSources, gatewayApiSource, imageSource, istioSources } from '../../cluster/source-check.ts';
import { sources } from '../../cluster/sources.ts';
import { runSteps, type Step } from '../../cluster/steps.ts';
import { checkTools } from '../../cluster/tools.ts';
import { tryColors } from '../../cluster/try-colors.ts';
import { readLanesIn } from '../../lanes/dialect.ts';
import type { LaneService, Lanes } from '../../lanes/lanes.ts';
import { Failure } from '../../runtime/failure.ts';
import { firstLine } from '../../runtime/first-line.ts';
import { stoppable } from '../../runtime/stoppable.ts';

interface DeployOptions extends DeployCommandOptions {
  context: string;
  registry?: string;
  image: Record<string, string>;
  istio: boolean;
}

export function command(): Command {
  return deployOptions(new Command('deploy'))
    .summary('Istio and the lanes on a cluster that is there already')
    .requiredOption('--context <context>', "kubectl's name for the cluster")
    .option('--registry <prefix>', 'push the images there (the cluster pulls them from it)', parseRegistry)
    .option(
      '--image <name=image>',
      'an image that the cluster can have already, for a program (service-a), a service (web) or a version (web/cart); nothing is built then',
      collectImage,
      {},
    )
    .option('--no-istio', 'leave Istio as it is')
    .action(deploy);
}

function collectImage(text: string, before: Record<string, string>): Record<string, string> {
  const [, program, image] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (!program || !image || !imageForm.test(image)) {
    throw new Failure(`--image ${text}: expected program=image, like service-a=ghcr.io/me/service-a:1`, 2);
  }
  return { ...before, [program]: image };
}

async function deploy(options: DeployOptions): Promise<void> {
  const lanes = await readLanesIn(options.dialect, options.lanes);
  const door = doorOf(lanes);
  const { context } = options;
  const images: Images = new Map(Object.entries(options.image));
  const signal = stoppable();
  const dryRun = options.dryRun ?? false;
  const table: string[] = [];
  let forward: PortForward | undefined;
  const reach: Step = {
    title: 'The gateway, for a moment on this computer',
    run: async (shell) => {
      const args = ['--context', context, '--namespace', door.namespace];
      args.push('port-forward', `service/${door.name}`, ':80');
      shell.say(`$ kubectl ${args.join(' ')}`);
      if (!dryRun) forward = await startPortForward(args, signal);
    },
  };
  try {
    await runSteps(
      [
        checkTools(images.size > 0 ? ['kubectl', 'helm'] : ['docker', 'kubectl', 'helm']),
        checkSources([
          ...(options.istio ? istioSources(options) : []),
          ...gatewayApiSource(options, lanes.dialect),
          ...(images.size > 0 ? [] : [imageSource(sources.node, options.baseImage)]),
        ]),
        ...imageSteps(options, lanes, images),
        ...installGatewayApi(context, options, lanes.dialect),
        ...(options.istio ? [installIstio(context, options, options.timeout, lanes.dialect)] : []),
        ...deployLanes({ context, lanes, images, timeoutSeconds: options.timeout }),
        ...gatewayPods(context, lanes, options.timeout),
        reach,
        tryColors(
          lanes,
          () => forward?.url ?? 'http://localhost:PORT',
          (text) => table.push(text),
        ),
      ],
      {
        dryRun,
        signal,
        wayOut: `What is done stays. To go on: the same command again. To look: kubectl --context ${context} get pods -A.`,
      },
    );
  } finally {
    await forward?.stop();
  }
  if (!dryRun) console.log(`\n${table.at(-1)}\n`);
}

/** It is not this kit's program that answers for it. */
function hasOwnProgram({ versions }: LaneService): boolean {
  return versions.some(({ run }) => run.type !== 'stand-in');
}

/** How the cluster gets the images: named, pushed, or loaded where the cluster is kind's. */
function imageSteps(options: DeployOptions, lanes: Lanes, images: Images): Step[] {
  if (images.size > 0) {
    const known = [...new Set(lanes.services.flatMap(({ name, standIn }) => [name, standIn]))];
    const unknown = [...images.keys()].filter((name) => !known.includes(name));
    if (unknown.length > 0) {
      throw new Failure(
        `--image ${unknown.join(', ')}: ${options.lanes} has no such program or service (has: ${known.join(', ')})`,
        2,
      );
    }
    const missing = lanes.services
      .filter(({ name, versions }) => !versions.every((one) => images.has(`${name}/${one.name}`)))
      .filter(({ name }) => !images.has(name))
      .map((service) => (hasOwnProgram(service) ? service.name : service.standIn))
      .filter((name) => !images.has(name));
    if (missing.length > 0)
      throw new Failure(`--image is missing for ${[...new Set(missing)].join(', ')}`, 2);
    return [];
  }
  const own = lanes.services.filter(hasOwnProgram).map(({ name }) => name);
  if (own.length > 0) {
    throw new Failure(
      `${own.join(', ')}: a program of your own; name its image: --image ${own[0]}=IMAGE, and one for each other service`,
      2,
    );
  }
  const build = buildImages(lanes, images, options);
  if (options.registry) return [build];
  const kindName = kindOf(options.context);
  if (!kindName) {
    throw new Failure(
      `How does ${options.context} get the images? --registry PREFIX pushes them to a registry that it can pull from; ` +
        '--image service-a=… --image service-b=… names images that it has already (k3s: see the cluster guide in README.md).',
      2,
    );
  }
  return [
    build,
    { title: 'Images into the cluster', run: (shell) => loadImages(shell, kindName, [...images.values()]) },
  ];
}

interface PortForward {
  url: string;
  stop: () => Promise<void>;
}

/** Any free port of this computer; ends with the signal or by `stop`. */
async function startPortForward(args: readonly string[], signal: AbortSignal): Promise<PortForward> {
  const child = execa('kubectl', args, { cancelSignal: signal, reject: false, buffer: false });
  const portOf = (line: string) => /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
  const port = await firstLine(child, child.stdout, portOf).catch(({ message }: Error) => {
    throw new Failure(`${message}\nIs the gateway up?`);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill();
      await child;
    },
  };
}
