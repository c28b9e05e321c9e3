/** Whether the name is free, by what a kubectl of the test says. */
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { readLanes } from '../../lanes/lanes.ts';
import { Cluster } from '../cluster.ts';
import type { LaneTarget } from '../lane-steps.ts';
import { Shell } from '../shell.ts';
import { fakeKubectl } from '../testing/fake-kubectl.ts';
import { whoLeftIt } from './free-name.ts';

const lanes = await readLanes('lanes.yaml');
const service = lanes.services.find(({ name }) => name === 'service-b');
if (!service) throw new Error('lanes.yaml has no service-b');
const target: LaneTarget = { context: 'far', lanes, service, version: 'me', timeoutSeconds: 5 };
const cluster = new Cluster(
  'far',
  new Shell({ dryRun: false, say: () => {}, signal: new AbortController().signal }),
);

let answer: (items: object[]) => Promise<void>;
let refuse: (words: string) => Promise<void>;

beforeEach(async () => {
  const kubectl = await fakeKubectl(
    (folder) => `
case "$*" in
  *" get "*) if [ -f ${folder}/refused ]; then cat ${folder}/refused >&2; exit 1; fi; cat ${folder}/items ;;
  *" version") [ ! -f ${folder}/gone ] ;;
  *) exit 1 ;;
esac
`,
  );
  vi.stubEnv('PATH', kubectl.env.PATH);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await kubectl.remove();
  });
  answer = (items) => writeFile(join(kubectl.folder, 'items'), JSON.stringify({ items }));
  refuse = async (words) => {
    await writeFile(join(kubectl.folder, 'refused'), words);
    if (!words.includes('Forbidden')) await writeFile(join(kubectl.folder, 'gone'), '');
  };
});

const object = (kind: string, annotations?: object, status?: object) => ({
  kind,
  metadata: { name: 'service-b-me', ...(annotations && { annotations }) },
  ...(status && { status }),
});
const of = (by: string, session: string) => ({
  'coloring/local-by': by,
  'coloring/local-session': session,
  'coloring/local-since': new Date(Date.now() - 12 * 60_000).toISOString(),
});
const anns = of('ann@laptop', 'laptop/1/aa');
const gone = of('me@here', `${hostname()}/99999999/aa`);

test('free, where nothing has it', async () => {
  await answer([]);
  expect(await whoLeftIt(cluster, target)).toBeUndefined();
});

test.each([
  ['a Deployment', [object('Deployment')], 'service-b me is deployed already'],
  [
    "somebody's computer",
    [object('Job', anns), object('ServiceAccount', anns)],
    'service-b me is the computer of ann@laptop, since 12m: choose another name, --version NAME; or take it away, npx coloring lane remove service-b me',
  ],
  [
    'a Job of something else',
    [object('Job', {})],
    'Job service-b-me in namespace coloring is something else',
  ],
])('taken by %s', async (_, items, message) => {
  await answer(items);
  await expect(whoLeftIt(cluster, target)).rejects.toThrow(message);
});

test.each([
  [
    'a command of this computer that is gone',
    [object('Job', gone), object('ServiceAccount', gone)],
    'me@here',
  ],
  ['a relay that has ended', [object('Job', anns, { completionTime: 'x' })], 'ann@laptop'],
  ['a relay that was taken away', [object('ServiceAccount', anns)], 'ann@laptop'],
])('left behind: %s', async (_, items, by) => {
  await answer(items);
  expect(await whoLeftIt(cluster, target)).toBe(by);
});

test('no rights: which Role is needed; no cluster: that it does not answer', async () => {
  await refuse('Error from server (Forbidden): jobs.batch is forbidden');
  await expect(whoLeftIt(cluster, target)).rejects.toThrow(
    'no right to read Jobs in namespace coloring of far',
  );
  await refuse('The connection to the server was refused');
  await expect(whoLeftIt(cluster, target)).rejects.toThrow('No answer from far.');
});
