/** The cluster on which lessons are checked: the images that they need in it, and an engine with slots for them. */
import { startCluster } from '../../check/engines/cluster.ts';
import type { Engine } from '../../check/engines/engine.ts';
import { readLanes } from '../../mesh/lanes.ts';
import { Failure } from '../failure.ts';
import { projectPath } from './cluster.ts';
import { buildImages, type Images } from './images.ts';
import { kindContext, loadImages } from './kind.ts';
import { runSteps, type Step } from './steps.ts';
import { stoppable } from './stoppable.ts';
import { checkTools } from './tools.ts';

interface Settings {
  /** kind's name of it. */
  name: string;
  /** Where it is not the one of that name. */
  context?: string;
  baseImage?: string;
  /** Lessons at the same time. */
  slots: number;
}

/** @returns the engine, and what Ctrl-C aborts. @throws Failure where the cluster or its images cannot be had */
export async function startLessonCluster(
  settings: Settings,
): Promise<{ engine: Engine; signal: AbortSignal }> {
  const { context = kindContext(settings.name), slots } = settings;
  const signal = stoppable();
  const [, kindName] = /^kind-(.+)$/.exec(context) ?? [];
  if (!kindName) throw new Failure(`--context ${context}: lessons run on clusters of kind, kind-NAME`, 2);
  const lanes = await readLanes(projectPath('lanes.yaml'));
  const images: Images = new Map();
  const load: Step = {
    title: 'Images into the cluster',
    run: (shell) => loadImages(shell, kindName, [...images.values()]),
  };
  await runSteps([checkTools(['docker', 'kind', 'kubectl']), buildImages(lanes, images, settings), load], {
    dryRun: false,
    signal,
    wayOut: `Nothing was changed. Is the cluster there? npm run kind:status -- --name ${kindName}`,
  });
  const services = Object.fromEntries(images);
  const engine = await startCluster({
    context,
    slots,
    root: 'lesson',
    services,
    image: services['service-b'] ?? '',
    signal,
    onProgress: console.log,
  });
  return { engine, signal };
}
