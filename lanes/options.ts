/** Options that several commands have. */
import { existsSync } from 'node:fs';
import { Option } from 'commander';
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
