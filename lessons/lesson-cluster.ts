/** The cluster on which lessons are checked: the images that they need in it, and an engine with slots for them. */

import type { Engine } from '../check/engine.ts';
import { startCluster } from '../check/istio/cluster.ts';
import { buildImages, buildNginx, type Images } from '../cluster/images.ts';
import { kindContext, loadImages } from '../cluster/kind.ts';
import { CommandFailed, type Shell } from '../cluster/shell.ts';
import { checkSources, haveImage, imageSource } from '../cluster/source-check.ts';
import { sources } from '../cluster/sources.ts';
import { runSteps, type Step } from '../cluster/steps.ts';
import { checkTools } from '../cluster/tools.ts';
import { readLanes } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { projectPath } from '../runtime/project.ts';
import { stoppable } from '../runtime/stoppable.ts';

interface Settings {
  /** kind's name of it. */
  name: string;
  /** Where it is not the one of that name. */
  context?: string;
  baseImage: string;
  /** One with nginx, that Docker has or can pull; default: built from Debian's package. */
  nginxImage?: string;
  /** Whether an nginx stands in front in any of the lessons. */
  needsNginx: boolean;
  /** Whether services in any of them speak gRPC. */
  needsGrpc: boolean;
  /** Lessons at the same time. */
  slots: number;
}

interface LessonCluster {
  engine: Engine;
  /** What Ctrl-C aborts. */
  signal: AbortSignal;
  /** Why no pod can run nginx there; undefined where one can. */
  withoutNginx?: string;
}

/** @throws Failure where the cluster or its images cannot be had */
export async function startLessonCluster(settings: Settings): Promise<LessonCluster> {
  const { context = kindContext(settings.name), slots, needsNginx } = settings;
  const signal = stoppable();
  const [, kindName] = /^kind-(.+)$/.exec(context) ?? [];
  if (!kindName) throw new Failure(`--context ${context}: lessons run on clusters of kind, kind-NAME`, 2);
  const lanes = await readLanes(projectPath('lanes.yaml'));
  const images: Images = new Map();
  let nginx: string | undefined;
  let withoutNginx: string | undefined;
  const nginxStep: Step = {
    title: 'Image: nginx',
    run: async (shell) => {
      try {
        nginx = await nginxImage(shell, settings);
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        withoutNginx = 'needs an image with nginx: it could not be built or pulled (NGINX_IMAGE names one)';
        shell.say(error.message);
      }
    },
  };
  const load: Step = {
    title: 'Images into the cluster',
    run: (shell) => loadImages(shell, kindName, [...images.values(), ...(nginx ? [nginx] : [])]),
  };
  const steps = [
    checkTools(['docker', 'kind', 'kubectl']),
    checkSources([imageSource(sources.node, settings.baseImage)]),
    buildImages(lanes, images, settings),
    ...(needsNginx ? [nginxStep] : []),
    load,
  ];
  await runSteps(steps, {
    dryRun: false,
    signal,
    wayOut: `Nothing was changed. Is the cluster there? npx coloring kind status --name ${kindName}; npx coloring kind up makes it`,
  });
  const services = Object.fromEntries(images);
  const engine = await startCluster({
    context,
    slots,
    root: 'lesson',
    services,
    image: services['service-b'] ?? '',
    ...(nginx && { nginx }),
    grpc: settings.needsGrpc,
    signal,
    onProgress: console.log,
  }).catch((error) => {
    throw signal.aborted ? new Failure('Stopped; what was there by then is taken away.') : error;
  });
  return { engine, signal, ...(withoutNginx && { withoutNginx }) };
}

async function nginxImage(shell: Shell, { baseImage, nginxImage }: Settings): Promise<string> {
  if (nginxImage === undefined) return buildNginx(shell, { baseImage });
  await haveImage(shell, nginxImage);
  return nginxImage;
}
