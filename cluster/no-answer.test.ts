/** What is said of a cluster without an answer, by what a kubectl of the test says. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { Cluster } from './cluster.ts';
import { whyNoAnswer } from './no-answer.ts';
import { Shell } from './shell.ts';
import { fakeKubectl } from './testing/fake-kubectl.ts';

/** @param says of the shell: what kubectl answers to the arguments `$*` */
async function whyWhere(says: string): Promise<string> {
  const kubectl = await fakeKubectl(() => `case "$*" in ${says} *) exit 1 ;; esac`);
  vi.stubEnv('PATH', kubectl.env.PATH);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await kubectl.remove();
  });
  const signal = new AbortController().signal;
  return whyNoAnswer(new Cluster('far', new Shell({ dryRun: false, say: () => {}, signal })), 'coloring');
}

test('kubectl does not know the context: which it knows', async () => {
  const why = await whyWhere('"config get-contexts "*) echo kind-near; echo kind-dear ;;');
  expect(why).toBe('kubectl knows no context far (has: kind-near, kind-dear): --context NAME.');
});

test('it knows none at all', async () => {
  expect(await whyWhere('"config get-contexts "*) ;;')).toContain('(has: none)');
});

test('it knows the context: the cluster answers, or does not', async () => {
  const known = '"config get-contexts "*) echo far ;;';
  expect(await whyWhere(`${known} *" version") ;;`)).toContain(
    'no right to read Jobs in namespace coloring of far',
  );
  expect(await whyWhere(known)).toContain('No answer from far.');
});
