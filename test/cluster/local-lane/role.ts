/** Somebody with the Role that `lane local --rights` prints, and nothing else, makes this computer a lane. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort from 'get-port';
import type { Report } from '../report.ts';
import type { TestCluster } from '../test-cluster.ts';
import { configOfUser } from '../user.ts';
import { roleAtGateway } from './entry.ts';

const user = 'test-developer';
const role = 'coloring-local-lane';
const lane = ['service-b', 'few-rights'] as const;

export async function roleOfLocalLane(test: TestCluster, report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'developer-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const at = ([command = '']: readonly string[]) => [command, '--context', test.cluster.context];
  const coloring = (...args: readonly string[]) =>
    execa(process.execPath, ['cli/coloring.mjs', 'lane', ...at(args), ...args.slice(1)], {
      env: { KUBECONFIG: kubeconfig },
      all: true,
      reject: false,
      cancelSignal: test.shell.signal,
    });
  try {
    await test.apply((await coloring('local', lane[0], '--rights')).stdout);
    await writeFile(kubeconfig, await configOfUser(test, user, role), { mode: 0o600 });
    await mayNothingElse(report, kubeconfig);
    const options = ['--version', lane[1], '--port', String(await getPort())];
    const command = coloring('local', lane[0], ...options, '--', 'node', `services/${lane[0]}/main.ts`);
    try {
      const ended = command.then(({ all }) => Promise.reject(new Error(all)));
      await Promise.race([test.serves(...lane), ended]);
      report.check('with the Role alone this computer answers its colour', true);
      const { stdout } = await coloring('list');
      report.check('lane list shows it', /service-b +few-rights +1\/1 .* local: /.test(stdout), stdout);
    } finally {
      command.kill('SIGINT');
      const { all } = await command;
      report.check('and Ctrl-C takes it away', all.includes('gone; the baseline serves its colour'), all);
    }
    await roleAtGateway(test, report, kubeconfig);
  } finally {
    for (const [kind, name] of Object.entries({ rolebinding: user, role, serviceaccount: user }))
      await test.kubectl('delete', kind, name, '--ignore-not-found');
    await rm(folder, { recursive: true });
  }
}

async function mayNothingElse(report: Report, kubeconfig: string): Promise<void> {
  const asked = ['list pods', 'get secrets', 'create jobs'].map(async (right) => {
    const args = ['auth', 'can-i', ...right.split(' '), '--all-namespaces'];
    const { stdout } = await execa('kubectl', args, { env: { KUBECONFIG: kubeconfig }, reject: false });
    return `${right}: ${stdout}`;
  });
  const answers = await Promise.all(asked);
  report.check(
    'it reaches no other namespace',
    answers.every((answer) => answer.endsWith(': no')),
    answers,
  );
}
