/** Options that several commands have. */
import { Option } from 'commander';
import { projectPath } from '../runtime/project.ts';

export function rulesOption(): Option {
  return new Option('--rules <folder>', 'folder with the Istio rules').default(projectPath('istio'));
}

export function lanesOption(): Option {
  return new Option('--lanes <file>', 'which versions of which service exist').default(
    projectPath('lanes.yaml'),
  );
}
