/** Lesson 29, "On a cluster": its commands show what the page says, and Ctrl-Z and Ctrl-C do. */
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { clusterCommandsOf } from '../../lesson-page.ts';
import type { Report } from '../report.ts';
import type { TestCluster } from '../test-cluster.ts';

const page = 'lessons/29-your-own-computer/README.md';

export async function lessonOfLocalLane(test: TestCluster, report: Report): Promise<void> {
  const [local = '', asLane = '', asOthers = '', list = ''] = clusterCommandsOf(await readFile(page, 'utf8'));
  report.check(
    'the page gives its four commands',
    / lane local .* me /.test(local) && / me' /.test(asLane) && asOthers !== '' && / list$/.test(list),
    [local, asLane, asOthers, list],
  );
  const answers = async (command: string, answer: string, what: string) => {
    let shown = '';
    const isThere = async () => {
      shown = await show(test, command);
      return shown === answer;
    };
    report.check(`${what}: ${answer}`, await comes(isThere), shown);
  };
  const [file = '', ...args] = here(test, local).split(' ');
  const command = execa(file, args, { all: true, reject: false, cancelSignal: test.shell.signal });
  try {
    const led = new Promise<void>((resolve) => {
      command.all.on('data', (chunk) => /✔ .*its colour is led there/.test(String(chunk)) && resolve());
    });
    await Promise.race([led, command.then(({ all }) => Promise.reject(new Error(all)))]);
    await answers(asLane, 'me', 'a process of this computer answers its colour');
    await answers(asOthers, 'release', 'everybody else is with the baseline');
    const listed = await show(test, list);
    report.check('lane list says whose computer it is', /service-b +me .* local: \S+@/.test(listed), listed);
    // Ctrl-Z sends SIGTSTP, which a test without a terminal cannot: a process group of its own ignores it.
    command.kill('SIGSTOP');
    await answers(asLane, 'release', 'Ctrl-Z');
    command.kill('SIGCONT');
    await answers(asLane, 'me', 'fg');
  } finally {
    command.kill('SIGCONT');
    command.kill('SIGINT');
    await command;
  }
  await answers(asLane, 'release', 'Ctrl-C');
  // Its pod has some seconds to end what it has begun.
  const objects = ['jobs,pods,serviceaccounts', '--selector', 'app=service-b,version=me', '-o', 'name'];
  let left = '';
  const isGone = async () => {
    left = await test.kubectl('get', ...objects);
    return left === '';
  };
  report.check('nothing of it is left in the cluster', await comes(isGone), left);
}

function comes(isSo: () => Promise<boolean>): Promise<boolean> {
  return pWaitFor(isSo, { interval: 200, timeout: 180_000 }).then(
    () => true,
    () => false,
  );
}

/** What a command of the page prints. */
async function show(test: TestCluster, command: string): Promise<string> {
  const options = { shell: true, reject: false, cancelSignal: test.shell.signal } as const;
  const { stdout } = await execa(here(test, command), options);
  return stdout.trim();
}

/** As the page has it, for the cluster and the Node of this test. */
function here(test: TestCluster, command: string): string {
  return command
    .replace(/^curl /, 'curl -s ')
    .replace('localhost:8080', test.url)
    .replace(
      /^npx coloring (lane \w+)/,
      `${process.execPath} cli/coloring.mjs $1 --context ${test.cluster.context}`,
    );
}
