/** Options that several commands have. */
import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { projectPath } from '../runtime/project.ts';
import { dialects } from './model.ts';

export function rulesOption(): Option {
  return new Option(
    '--rules <folder>',
    'folder with the Istio rules; default: istio beside the lanes file, or those that `coloring rules` makes from it',
  );
}

export function lanesOption(): Option {
  return new Option('--lanes <file>', 'which versions of which service exist').default(
    existsSync('lanes.yaml') ? 'lanes.yaml' : projectPath('lanes.yaml'),
    'lanes.yaml; where there is none, that of the demo',
  );
}

/** @param flag `--dialect`, or what a command calls it. It goes before what the lanes file says. */
export function dialectOption(flag = '--dialect'): Option {
  return new Option(
    `${flag} <dialect>`,
    'VirtualServices (istio), or HTTPRoutes (gateway); default: dialect in the lanes file',
  ).choices(dialects);
}

/** Says on standard error where the demo stands in for lanes that are not there: who asks about rules means their own. */
export function tellDemo(command: Command): void {
  if (command.getOptionValueSource('lanes') !== 'default' || existsSync('lanes.yaml')) return;
  console.error(`no lanes.yaml here: this is about the demo, ${command.opts().lanes}; --lanes names another`);
}
