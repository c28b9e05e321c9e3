/** The images of the kit's services. Their tag is their content, so an unchanged image restarts no pod. */
import type { Lanes } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { isPackage, projectPath } from '../runtime/project.ts';
import type { Shell } from './shell.ts';
import type { Step } from './steps.ts';

/** The image of each program that lanes.yaml runs; filled by the step that builds them. */
export type Images = Map<string, string>;

const localRepository = 'localhost/coloring';

export interface BuildSettings {
  /** What they are made of. */
  baseImage: string;
  /** Where the images go: `registry.example.com/team`; undefined: they stay on this computer. */
  registry?: string;
}

/**
 * Builds the image of each program, and pushes it where there is a registry.
 * @throws Failure in the package, which has no sources to build of
 */
export function buildImages(lanes: Lanes, images: Images, settings: BuildSettings): Step {
  if (isPackage) {
    throw new Failure(
      'The images of service-a and service-b are built in a checkout of this project. Clone it, npm ci, and give the same ' +
        'command there; or, on a cluster that is there already, name images of your own: npx coloring deploy --image NAME=IMAGE.',
      2,
    );
  }
  const programs = [...new Set(lanes.services.map((service) => service.standIn))];
  return {
    title: `Images: ${programs.join(', ')}`,
    run: async (shell) => {
      for (const program of programs) {
        const image = await build(shell, program, settings);
        if (settings.registry) await shell.run('docker', ['push', image]);
        images.set(program, image);
      }
    },
  };
}

/** Builds an image with nginx, from Debian's package. */
export function buildNginx(shell: Shell, { baseImage }: Pick<BuildSettings, 'baseImage'>): Promise<string> {
  const file = ['--file', projectPath('lessons/nginx.Dockerfile')];
  return buildImage(shell, `${localRepository}/nginx`, baseImage, [...file, projectPath('lessons')]);
}

/** Builds the image of the relay, which stands in a cluster for somebody's computer. */
export function buildRelay(shell: Shell, { baseImage }: Pick<BuildSettings, 'baseImage'>): Promise<string> {
  return buildImage(shell, `${localRepository}/relay`, baseImage, [
    ...['--build-arg', 'SERVICE=relay'],
    projectPath('.'),
  ]);
}

function build(shell: Shell, program: string, { baseImage, registry }: BuildSettings): Promise<string> {
  const args = ['--build-arg', `SERVICE=${program}`, projectPath('.')];
  return buildImage(shell, `${registry ?? localRepository}/${program}`, baseImage, args);
}

async function buildImage(
  shell: Shell,
  repository: string,
  baseImage: string,
  rest: readonly string[],
): Promise<string> {
  const args = [
    'build',
    '--quiet',
    '--tag',
    `${repository}:latest`,
    '--build-arg',
    `BASE_IMAGE=${baseImage}`,
  ];
  // Attestations would give equal builds different digests, and kind cannot load them.
  const id = await shell.run('docker', [...args, ...rest], {
    env: { DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' },
  });
  const tag = id.trim().replace('sha256:', '').slice(0, 12) || 'ID';
  const image = `${repository}:${tag}`;
  await shell.run('docker', ['tag', `${repository}:latest`, image]);
  return image;
}

/** Removes from this computer what `buildImages` left there, once no kind cluster is left that may load it. */
export function removeImages(): Step {
  return {
    title: 'Remove the images that were built',
    run: async (shell) => {
      const clusters =
        (await shell.ask('kind', ['get', 'clusters', '--quiet']))?.split('\n').filter(Boolean) ?? [];
      if (clusters.length > 0) {
        shell.say(`  kept: they may be those of ${clusters.join(', ')}`);
        return;
      }
      const found = await shell.ask('docker', [
        ...[
          'image',
          'ls',
          '--format',
          '{{.Repository}}:{{.Tag}}',
          '--filter',
          `reference=${localRepository}/*`,
        ],
      ]);
      const images = (found ?? '').split('\n').filter(Boolean);
      if (images.length > 0) await shell.run('docker', ['image', 'rm', ...images]);
    },
  };
}
