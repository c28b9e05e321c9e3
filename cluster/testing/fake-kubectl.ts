/** For tests: a kubectl of a few lines of shell, in a folder of its own. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubernetesObject, pathOf, type Resource } from '../objects.ts';

export interface FakeKubectl {
  /** Where it lies, and where a test may put what it reads. */
  folder: string;
  /** For a process that is to find it before any other. */
  env: { PATH: string };
  remove: () => Promise<void>;
}

/**
 * @param lines of sh, which get kubectl's arguments: `--context NAME get --raw PATH` has the path in `$5`
 */
export async function fakeKubectl(lines: (folder: string) => string): Promise<FakeKubectl> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
  const file = join(folder, 'kubectl');
  await writeFile(file, `#!/bin/sh\n${lines(folder)}`);
  await chmod(file, 0o755);
  return {
    folder,
    env: { PATH: `${folder}:${process.env.PATH}` },
    remove: () => rm(folder, { recursive: true }),
  };
}

/**
 * One that lists these objects by `get --raw`, and has no other kinds.
 * @param resources kinds that the cluster has
 * @param before more lines of sh, which may answer and `exit`
 */
export async function kubectlOver(
  objects: readonly KubernetesObject[],
  resources: readonly Resource[],
  before: (folder: string) => string = () => '',
): Promise<FakeKubectl> {
  const kubectl = await fakeKubectl(
    (folder) => `${before(folder)}
file="${folder}/$(echo "$5" | tr / _)"
if [ -f "$file" ]; then cat "$file"; exit; fi
echo 'Error from server (NotFound): there is no such thing' >&2
exit 1
`,
  );
  const groupOf = (apiVersion: string) => apiVersion.split('/').slice(0, -1).join('/');
  for (const resource of resources) {
    const items = objects.filter(
      ({ apiVersion, kind }) => kind === resource.kind && groupOf(apiVersion) === groupOf(resource.group),
    );
    const name = pathOf(resource).replaceAll('/', '_');
    await writeFile(join(kubectl.folder, name), JSON.stringify({ items }));
  }
  return kubectl;
}
