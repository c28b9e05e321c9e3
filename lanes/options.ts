/** Options that several commands have. */
import { existsSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
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

/** Where the local gateway listens. */
export function portOption(description: string): Option {
  return new Option('-p, --port <port>', `${description}; 0 takes any free one`)
    .env('GATEWAY_PORT')
    .default(8080)
    .argParser(parsePort);
}

/** For commander: a port, 0 included. */
export function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
