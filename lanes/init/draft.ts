/** A first lanes.yaml: what was found out, and its text. */
import type { LaneService } from '../model.ts';
import { readableYaml } from '../readable-yaml.ts';

export interface DraftService {
  name: string;
  port: number;
  /** Where it is not `http`. */
  protocol?: Exclude<LaneService['protocol'], 'http'>;
  calls: readonly string[];
  /** How it is started; undefined: a stand-in answers for it. */
  run?: { command: string | readonly string[]; dir?: string; env?: Readonly<Record<string, string>> };
  /** Where it is not `release`. */
  baseline?: string;
  versions: readonly string[];
}

export interface Draft {
  namespace: string;
  services: readonly DraftService[];
  /** What was left out or has to be looked at, a line each. */
  remarks: readonly string[];
}

/** A name that Kubernetes and lanes.yaml take: `my_api` becomes `my-api`. */
export function labelOf(name: string): string {
  const label = name.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-');
  return label.slice(0, 63).replaceAll(/^-+|-+$/g, '');
}

/** @param from where it comes from, for the first line */
export function formatDraft({ namespace, services, remarks }: Draft, from: string): string {
  const comments = [`Made by coloring init from ${from}.`, ...remarks];
  const written = Object.fromEntries(services.map((service) => [service.name, writtenService(service)]));
  const yaml = readableYaml({ namespace, services: written }, { levels: 2 });
  return `${comments.map((line) => `# ${line}\n`).join('')}${yaml}`;
}

function writtenService({ port, protocol, calls, run, baseline, versions }: DraftService) {
  return {
    port,
    ...(protocol && { protocol }),
    ...(calls.length > 0 && { calls: calls.length === 1 ? calls[0] : calls }),
    ...(run && { run: run.dir || run.env ? run : run.command }),
    ...(baseline !== undefined && { baseline }),
    versions,
  };
}
