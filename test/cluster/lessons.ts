/** The lessons on the cluster: each is as it says, and one that is stopped, whenever that is, leaves nothing behind. */
import { execa } from 'execa';
import type { Report } from './report.ts';

interface Where {
  /** kind's name of the cluster. */
  kindName: string;
  signal: AbortSignal;
}

/** Where Ctrl-C comes: the last line before, and how the command has to end. */
const moments = [
  { moment: 'while its pods start', says: / slots with /, stop: 'SIGINT', exitCode: 1 },
  { moment: 'while it is played with', says: /to stop/, stop: 'SIGTERM', exitCode: 0 },
] as const;

export async function lessons({ kindName, signal }: Where, report: Report): Promise<void> {
  const all = await lesson(['all', '--shuffle', '--on', 'kind', '--name', kindName], {
    stdio: 'inherit',
    signal,
  });
  report.check('every lesson is as it says, and leaves nothing behind', all.exitCode === 0);
  for (const { moment, says, stop, exitCode } of moments) {
    const command = lesson(['02', '--on', 'kind', '--name', kindName], { stdio: 'pipe', signal });
    let said = '';
    command.stdout?.on('data', (chunk) => {
      const before = said;
      said += chunk;
      if (says.test(said) && !says.test(before)) command.kill(stop);
    });
    const ended = await command;
    const seen = `exit code ${ended.exitCode}\n${said.slice(-500)}\n${ended.stderr}`;
    report.check(`a lesson ends with ${stop} ${moment}`, ended.exitCode === exitCode, seen);
    const left = (await namespaces(kindName)).filter((name) => name.startsWith('lesson'));
    report.check('its namespaces are gone', left.length === 0, left.join(' '));
  }
}

function lesson(
  args: readonly string[],
  { stdio, signal }: { stdio: 'inherit' | 'pipe'; signal: AbortSignal },
) {
  // It takes its time to clean up: never ended by force.
  const options = { stdio, reject: false, cancelSignal: signal, forceKillAfterDelay: false } as const;
  return execa(process.execPath, ['cli/coloring.mjs', 'lesson', ...args], options);
}

async function namespaces(kindName: string): Promise<string[]> {
  const args = ['--context', `kind-${kindName}`, 'get', 'namespaces', '--output', 'name'];
  const { stdout } = await execa('kubectl', args);
  return stdout.split('\n').map((line) => line.replace('namespace/', ''));
}
