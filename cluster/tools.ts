/** The programs that a cluster needs on this computer: are they there, new enough, and where to get them. */
import { Failure } from '../runtime/failure.ts';
import type { Shell } from './shell.ts';
import { istioRunsOn, kindOfNodeImage, sources } from './sources.ts';
import type { Step } from './steps.ts';

interface Tool {
  name: string;
  /** Prints its version, and fails where it cannot be used. */
  version: readonly string[];
  atLeast: string;
  /** Why this one. */
  because: string;
  from: string;
}

export const tools = {
  docker: {
    name: 'docker',
    version: ['version', '--format', '{{.Server.Version}}'],
    atLeast: '20.10',
    because: 'it runs the cluster and builds the images',
    from: 'https://docs.docker.com/get-started/get-docker/ (and its daemon has to run: docker info)',
  },
  kind: {
    name: 'kind',
    version: ['version'],
    atLeast: '0.24',
    because: 'older ones make no cluster of Kubernetes 1.30 or newer',
    from: 'https://kind.sigs.k8s.io/docs/user/quick-start/#installation',
  },
  kubectl: {
    name: 'kubectl',
    version: ['version', '--client', '--output', 'json'],
    atLeast: `1.${istioRunsOn.from - 1}`,
    because: `it may be one minor version older than the cluster, and this Istio runs on Kubernetes 1.${istioRunsOn.from} or newer`,
    from: 'https://kubernetes.io/docs/tasks/tools/',
  },
  helm: {
    name: 'helm',
    version: ['version', '--template', '{{.Version}}'],
    atLeast: '3.14',
    because: 'older ones lack --reset-then-reuse-values',
    from: 'https://helm.sh/docs/intro/install/',
  },
} satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;
type Needs = Partial<Record<ToolName, Pick<Tool, 'atLeast' | 'because'>>>;

/**
 * What a cluster of this node image asks of the tools.
 * https://kubernetes.io/releases/version-skew-policy/#kubectl
 */
export function neededFor(nodeImage: string): Needs {
  const minor = /:v1\.(\d+)\b/.exec(nodeImage)?.[1];
  return {
    ...(minor && {
      kubectl: {
        atLeast: `1.${Number(minor) - 1}`,
        because: `it may be one minor version older than the cluster, which has 1.${minor}`,
      },
    }),
    ...(nodeImage === sources.kubernetes.at && {
      kind: {
        atLeast: kindOfNodeImage,
        because: `the node's image is built for it; --node-image names one for another kind`,
      },
    }),
  };
}

/**
 * Checks all of them before anything is done, so that one run names all that is missing.
 * @param needs where it is more than usual
 */
export function checkTools(names: readonly ToolName[], needs: Needs = {}): Step {
  return {
    title: `Tools: ${names.join(', ')}`,
    run: async (shell) => {
      const problems = await Promise.all(
        names.map((name) => problemOf({ ...tools[name], ...needs[name] }, shell)),
      );
      const found = problems.filter((problem) => problem !== undefined);
      if (found.length > 0) throw new Failure(found.join('\n'));
    },
  };
}

async function problemOf(tool: Tool, shell: Shell): Promise<string | undefined> {
  const said = await shell.ask(tool.name, tool.version);
  if (shell.dryRun) return undefined;
  const get = `${tool.from}`;
  if (said === undefined) {
    return `${tool.name} does not run here. Needed: ${tool.atLeast} or newer; ${tool.because}. Get it: ${get}`;
  }
  const version = versionIn(said);
  if (version && isOlder(version, tool.atLeast)) {
    return `${tool.name} is ${version}; needed: ${tool.atLeast} or newer: ${tool.because}. Get it: ${get}`;
  }
  return undefined;
}

/** The first version number in this text; undefined where there is none (a build of one's own may not say). */
export function versionIn(text: string): string | undefined {
  const version = /\bv?(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
  return version === undefined || version.startsWith('0.0') ? undefined : version;
}

/** Is the version older than this one? By numbers; a part that is not there counts as 0. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((v) => v.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
