/** Options that several commands have. */
import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { projectPath } from '../runtime/project.ts';

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

/** Says on standard error where the demo stands in for lanes that are not there: who asks about rules means their own. */
export function tellDemo(command: Command): void {
  if (command.getOptionValueSource('lanes') !== 'default' || existsSync('lanes.yaml')) return;
  console.error(`no lanes.yaml here: this is about the demo, ${command.opts().lanes}; --lanes names another`);
}
