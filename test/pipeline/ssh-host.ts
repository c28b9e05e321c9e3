/** A host that is reached by ssh only, as a k3s host often is: a sshd of its own on a free port of this computer. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort from 'get-port';
import pWaitFor from 'p-wait-for';
import type { Variables } from './gitlab.ts';

const sshdPath = '/usr/sbin/sshd'; // refuses to start by any but its full name

export const sshdInstalled = (await execa(sshdPath, ['-V'], { reject: false })).exitCode !== undefined;

export interface SshHost extends AsyncDisposable {
  /** What a project sets to deploy over ssh to it. */
  variables: Variables;
}

/** Starts it. Commands over ssh have this process's PATH, with its helm and kubectl, and this kubeconfig. */
export async function startSshHost(kubeconfig: string): Promise<SshHost> {
  const home = await mkdtemp(join(tmpdir(), 'coloring-ssh-'));
  const at = (name: string) => join(home, name);
  const port = await getPort();
  for (const key of ['host', 'runner']) {
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', key, '-f', at(key)]);
  }
  await writeFile(at('kubeconfig'), kubeconfig, { mode: 0o600 });
  await writeFile(
    at('config'),
    [
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `HostKey ${at('host')}`,
      `AuthorizedKeysFile ${at('runner.pub')}`,
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'StrictModes no', // its folder is in /tmp
      'PidFile none',
      `SetEnv PATH=${process.env.PATH}`,
    ].join('\n'),
  );
  // Where a system never started its sshd, root's has to be given the folder that it locks itself into.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true });
  const sshd = execa(sshdPath, ['-D', '-e', '-f', at('config')], { reject: false, buffer: false });
  const hostKey = (await readFile(at('host.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  const host: SshHost = {
    variables: {
      SSH_HOST: `${userInfo().username}@127.0.0.1`,
      SSH_PORT: String(port),
      SSH_PRIVATE_KEY: { file: await readFile(at('runner'), 'utf8') },
      SSH_KNOWN_HOSTS: { file: `[127.0.0.1]:${port} ${hostKey}\n` },
      SSH_KUBECONFIG: at('kubeconfig'),
    },
    async [Symbol.asyncDispose]() {
      sshd.kill();
      await sshd;
      await rm(home, { recursive: true, force: true });
    },
  };
  const answers = async () =>
    (await execa('ssh-keyscan', ['-p', String(port), '127.0.0.1'], { reject: false })).stdout !== '';
  const message = `sshd does not answer on port ${port}`;
  await pWaitFor(answers, { interval: 100, timeout: { milliseconds: 10_000, message } });
  return host;
}
