/** The commands by name. Each is a file of its own, loaded when it is asked for, so that none waits for another. */
import { Command, CommanderError } from 'commander';
import { LanesError } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { isPackage } from '../runtime/project.ts';
import { describeSystemError } from '../runtime/system-error.ts';

/** `command` makes what commander needs to know: options, help text, action. */
type CommandFile = { command: () => Command };
type CommandFiles = Record<string, { group: string; load: () => Promise<CommandFile> }>;

const forUsers: CommandFiles = {
  start: { group: 'On this computer:', load: () => import('./commands/start.ts') },
  trace: { group: 'On this computer:', load: () => import('./commands/trace.ts') },
  explain: { group: 'On this computer:', load: () => import('./commands/explain.ts') },
  init: { group: 'On this computer:', load: () => import('./commands/init.ts') },
  rules: { group: 'On this computer:', load: () => import('./commands/rules.ts') },
  lint: { group: 'On this computer:', load: () => import('./commands/lint.ts') },
  diff: { group: 'On this computer:', load: () => import('./commands/diff.ts') },
  'proxy-config': { group: 'On this computer:', load: () => import('./commands/proxy-config.ts') },
  lesson: { group: 'On this computer:', load: () => import('./commands/lesson.ts') },
  kind: { group: 'On a cluster:', load: () => import('./commands/kind.ts') },
  map: { group: 'On a cluster:', load: () => import('./commands/map.ts') },
  deploy: { group: 'On a cluster:', load: () => import('./commands/deploy.ts') },
  lane: { group: 'On a cluster:', load: () => import('./commands/lane.ts') },
};

/** What they work on, and with, is in a checkout alone. */
const forDevelopers: CommandFiles = {
  build: { group: 'For those who change this project:', load: () => import('./commands/build.ts') },
  bench: { group: 'For those who change this project:', load: () => import('./commands/bench.ts') },
  fuzz: { group: 'For those who change this project:', load: () => import('./commands/fuzz.ts') },
  conform: { group: 'For those who change this project:', load: () => import('./commands/conform.ts') },
};

const commandFiles: CommandFiles = { ...forUsers, ...(!isPackage && forDevelopers) };

async function main(args: readonly string[]): Promise<void> {
  const program = new Command('coloring')
    .description(
      'Traffic coloring: several versions of services side by side, requests that find their colour at every hop.',
    )
    .showHelpAfterError('(add --help to see what there is)')
    .exitOverride();
  const asked = commandFiles[args[0] ?? ''];
  for (const { group, load } of asked ? [asked] : Object.values(commandFiles)) {
    const { command } = await load();
    program.addCommand(inherit(command().helpGroup(group), program));
  }
  await program.parseAsync(args, { from: 'user' });
}

/** Gives a command, and those below it, the settings of the one above. */
function inherit(command: Command, above: Command): Command {
  command.copyInheritedSettings(above);
  for (const below of command.commands) inherit(below, command);
  return command;
}

/**
 * Runs a command; what went wrong is said on standard error.
 * @param args as after `coloring`
 * @returns its exit code: 2 where what it was told to do is wrong, or the system does not let it
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await main(args);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const message =
      error instanceof Failure || error instanceof LanesError ? error.message : describeSystemError(error);
    if (message === undefined) throw error;
    console.error(message);
    return error instanceof Failure ? error.exitCode : 2;
  }
}
