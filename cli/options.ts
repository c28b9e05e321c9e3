/** Options that several commands have. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Option } from 'commander';

export function rulesOption(): Option {
  return new Option('--rules <folder>', 'folder with the Istio rules').default(ofProject('istio'));
}

export function lanesOption(): Option {
  return new Option('--lanes <file>', 'which versions of which service exist').default(
    ofProject('lanes.yaml'),
  );
}

/** A path of this project, as seen from where the command was given. */
function ofProject(name: string): string {
  return relative('.', fileURLToPath(new URL(`../${name}`, import.meta.url)));
}
