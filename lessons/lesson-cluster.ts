/** The cluster on which lessons are checked: the images that they need in it, and an engine with slots for them. */

import type { Engine } from '../check/engine.ts';
import type { Case } from '../check/format.ts';
import { startCluster } from '../check/istio/cluster.ts';
import { byCrds, channelOf } from '../check/istio/gateway-api-crds.ts';
import { Kubernetes } from '../check/istio/kubernetes.ts';
import { buildImages, buildNginx, type Images } from '../cluster/images.ts';
import { kindContext, kindOf, loadImages } from '../cluster/kind.ts';
import { CommandFailed, type Shell } from '../cluster/shell.ts';
import { checkSources, haveImage, imageSource } from '../cluster/source-check.ts';
import { sources } from '../cluster/sources.ts';
import { runSteps, type Step } from '../cluster/steps.ts';
import { checkTools } from '../cluster/tools.ts';
import { readLanes } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { projectPath } from '../runtime/project.ts';
import { stoppable } from '../runtime/stoppable.ts';
import { type Lesson, needsOf } from './lesson.ts';

interface Settings {
  /** kind's name of it. */
  name: string;
  /** Where it is not the one of that name. */
  context?: string;
  baseImage: string;
  /** One with nginx, that Docker has or can pull; default: built from Debian's package. */
  nginxImage?: string;
}

interface LessonCluster {
  engine: Engine;
  /** What Ctrl-C aborts. */
  signal: AbortSignal;
  /** What a lesson needs that is not there; undefined where nothing is missing. */
  whyNot: (lesson: Lesson) => string | undefined;
}

/** @throws Failure where the cluster or its images cannot be had */
export async function startLessonCluster(
  lessons: readonly Lesson[],
  settings: Settings,
): Promise<LessonCluster> {
  const { context = kindContext(settings.name) } = settings;
  const needsNginx = lessons.some((lesson) => needsOf(lesson).nginx);
  const signal = stoppable();
  const kindName = kindOf(context);
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
  const lacking = await lackingCrds(lessons, context);
  const engine = await startCluster({
    context,
    slots: lessons.length > 1 ? 2 : 1,
    root: 'lesson',
    services,
    image: services['service-b'] ?? '',
    ...(nginx && { nginx }),
    grpc: lessons.some(({ check }) => check.grpc?.length),
    signal,
    onProgress: console.log,
  }).catch((error) => {
    throw signal.aborted ? new Failure('Stopped; what was there by then is taken away.') : error;
  });
  const whyNot = (lesson: Lesson) => {
    if (lacking.has(lesson.check)) return withoutCrds;
    return needsOf(lesson).nginx ? withoutNginx : undefined;
  };
  return { engine, signal, whyNot };
}

const withoutCrds =
  'needs the CRDs of the Gateway API in the cluster: kubectl apply --server-side --filename FILE, or npx coloring kind up --gateway-api-crds FILE, once more';

/** The checks of the lessons with HTTPRoutes, where the cluster does not know them. */
async function lackingCrds(lessons: readonly Lesson[], context: string): Promise<ReadonlySet<Case>> {
  const api = await Kubernetes.connect(context);
  const channel = await channelOf(api).finally(() => api.close());
  return new Set(
    byCrds(
      lessons.map(({ check }) => check),
      channel,
    ).lacking,
  );
}

async function nginxImage(shell: Shell, { baseImage, nginxImage }: Settings): Promise<string> {
  if (nginxImage === undefined) return buildNginx(shell, { baseImage });
  await haveImage(shell, nginxImage);
  return nginxImage;
}
