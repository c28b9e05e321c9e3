/** The cluster on this computer: made, found and taken away by kind. */
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { projectPath } from '../runtime/project.ts';
import type { Shell } from './shell.ts';
import { haveImage } from './source-check.ts';
import type { Step } from './steps.ts';

export interface KindSettings {
  /** The cluster's name. */
  name: string;
  nodeImage: string;
  gatewayPort: number;
}

interface KindConfig {
  nodes: { extraPortMappings: PortMapping[] }[];
}

interface PortMapping {
  containerPort: number;
  hostPort: number;
}

/** Where nobody names one. */
export const usualKindName = 'coloring';

/** The context that kind gives its cluster. */
export function kindContext(name: string = usualKindName): string {
  return `kind-${name}`;
}

/** The cluster of such a context; undefined: it is not kind's. */
export function kindOf(context: string): string | undefined {
  return /^kind-(.+)$/.exec(context)?.[1];
}

/** Undefined where kind cannot say, or was not asked. */
export async function hasKindCluster(shell: Shell, name: string): Promise<boolean> {
  const clusters = await shell.ask('kind', ['get', 'clusters', '--quiet']);
  return clusters?.split('\n').includes(name) ?? false;
}

/** Makes the cluster, or finds it and starts its node again. kubectl's current context stays what it was. */
export function createKindCluster(settings: KindSettings): Step {
  const { name } = settings;
  return {
    title: `Cluster ${name} (kind)`,
    run: async (shell) => {
      const before = await shell.ask('kubectl', ['config', 'current-context']);
      if (await hasKindCluster(shell, name)) {
        await shell.run('docker', ['start', `${name}-control-plane`]); // stopped, if Docker was started anew
        await shell.run('kind', ['export', 'kubeconfig', '--name', name]);
      } else {
        await create(shell, settings);
      }
      const restore = before ? ['use-context', before] : ['unset', 'current-context'];
      await shell.run('kubectl', ['config', ...restore]);
      await shell.run('kubectl', [
        ...['--context', kindContext(name), 'wait', 'node', '--all'],
        ...['--for=condition=Ready', '--timeout=120s'],
      ]);
      await sayIfFewWatches(shell, name);
    },
  };
}

/** Each Envoy, and much else in a node, takes one of these; Linux hands out 128 to all clusters of this computer. */
const inotifyInstances = 512;

/** https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files */
async function sayIfFewWatches(shell: Shell, name: string): Promise<void> {
  const setting = 'fs.inotify.max_user_instances';
  const file = `/proc/sys/${setting.replaceAll('.', '/')}`;
  const said = await shell.ask('docker', ['exec', `${name}-control-plane`, 'cat', file]);
  if (said === undefined || Number(said) >= inotifyInstances) return;
  shell.say(`  ${setting} is ${said.trim()}: with many lanes, or a second cluster, sidecars end with`);
  shell.say(`  "assert failure: inotify_fd_ >= 0". More: sudo sysctl ${setting}=${inotifyInstances}`);
}

async function create(shell: Shell, { name, nodeImage, gatewayPort }: KindSettings): Promise<void> {
  const { file, config, mapping } = await readKindConfig();
  const asWritten = mapping?.hostPort === gatewayPort;
  if (mapping) mapping.hostPort = gatewayPort;
  const args = [
    'create',
    'cluster',
    '--name',
    name,
    '--config',
    asWritten ? file : '-',
    '--image',
    nodeImage,
  ];
  try {
    await shell.run('kind', args, asWritten ? {} : { input: stringify(config) });
  } catch (error) {
    // Interrupted, kind leaves its half-made node behind; failed, it takes it away itself.
    if (shell.signal.aborted) await execa('kind', ['delete', 'cluster', '--name', name], { reject: false });
    throw error;
  }
}

/** The port of the gateway on this computer, that the cluster was made with; undefined where Docker cannot say. */
export async function gatewayPortOf(shell: Shell, name: string): Promise<number | undefined> {
  const { mapping } = await readKindConfig();
  const bound = await shell.ask('docker', ['port', `${name}-control-plane`, `${mapping?.containerPort}/tcp`]);
  const port = /:(\d+)$/m.exec(bound ?? '')?.[1];
  return port === undefined ? undefined : Number(port);
}

/** The node's port that leads to the gateway, which kind publishes. */
export async function gatewayNodePort(): Promise<number | undefined> {
  const { mapping } = await readKindConfig();
  return mapping?.containerPort;
}

async function readKindConfig() {
  const file = projectPath('istio/install/kind.yaml');
  const config = parse(await readFile(file, 'utf8')) as KindConfig;
  return { file, config, mapping: config.nodes[0]?.extraPortMappings[0] };
}

/** Takes away the cluster, its entry in the kubeconfig and the images that were built for it. */
export function deleteKindCluster(name: string): Step {
  return {
    title: `Delete cluster ${name}`,
    run: async (shell) => {
      await shell.run('kind', ['delete', 'cluster', '--name', name]);
    },
  };
}

/** Puts images of this computer's Docker into the cluster's node. */
export async function loadImages(shell: Shell, name: string, images: readonly string[]): Promise<void> {
  await shell.run('kind', ['load', 'docker-image', ...images, '--name', name]);
}

/** An image that anybody can have, in the cluster's node: from this computer, or pulled. */
export function provideImage(name: string, image: string): Step {
  return {
    title: `Image ${image} into cluster ${name}`,
    run: async (shell) => {
      await haveImage(shell, image);
      await loadImages(shell, name, [image]);
    },
  };
}
