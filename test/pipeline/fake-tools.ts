/**
 * helm, kubectl, docker and curl that only write down how they were called: what a pipeline would do to a cluster. curl
 * answers as a gateway that steers as it should, kubectl as a cluster that has the baseline.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface FakeTools {
  /** With the fakes before all else. */
  path: string;
  /** The calls of one tool since the last look, each with its arguments joined by a space. */
  calls(tool: 'helm' | 'kubectl' | 'docker' | 'curl'): Promise<string[]>;
  /** Whose lane the Deployments say they are; empty: there are none. */
  owner(branch: string): Promise<void>;
  /** Helm's next call fails with these words. */
  failHelm(words: string): Promise<void>;
  remove(): Promise<void>;
}

const note = 'printf "%s\\n" "$(basename "$0") $*" >> "$(dirname "$0")/calls"\n';

const scripts = {
  helm: `if read -r said 2> /dev/null < "$(dirname "$0")/failure"; then
  rm "$(dirname "$0")/failure"
  echo "$said" >&2
  exit 1
fi
`,
  docker: '[ "$1" != login ] || cat > /dev/null\n',
  kubectl: `case "$*" in
  *coloring/branch*) cat "$(dirname "$0")/owner" ;;
  *"get pods"*) echo "pod-1 service-a" ;;
  logs*) printf '%s\\n' '{"request_id":"1","upstream_cluster":"inbound|31000||","start_time":"1","authority":"a"}' ;;
esac
`,
  curl: `version=release
for one; do
  case $one in project-version:*) version=\${one#*: } ;; esac
done
for service in service-a service-b; do printf '{"service":"%s","version":"%s"}' "$service" "$version"; done
`,
};

export async function fakeTools(): Promise<FakeTools> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-tools-'));
  for (const [tool, script] of Object.entries(scripts)) {
    await writeFile(join(folder, tool), `#!/bin/sh\n${note}${script}`);
    await chmod(join(folder, tool), 0o755);
  }
  const owner = (branch: string) => writeFile(join(folder, 'owner'), branch ? `${branch}\n` : '');
  await owner('');
  await writeFile(join(folder, 'calls'), '');
  const seen = new Map<string, number>();
  return {
    path: [folder, process.env.PATH].join(delimiter),
    owner,
    async calls(tool) {
      const all = (await readFile(join(folder, 'calls'), 'utf8')).split('\n').filter(Boolean);
      const own = all.filter((line) => line.startsWith(`${tool} `));
      const before = seen.get(tool) ?? 0;
      seen.set(tool, own.length);
      return own.slice(before);
    },
    failHelm: (words) => writeFile(join(folder, 'failure'), `${words}\n`),
    remove: () => rm(folder, { recursive: true }),
  };
}
