/** `coloring rules`: the plain Istio YAML that routes the lanes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { readLanesIn } from '../../lanes/dialect.ts';
import { ruleFiles } from '../../lanes/generate/files.ts';
import { toYaml } from '../../lanes/generate/yaml.ts';
import type { Lanes } from '../../lanes/lanes.ts';
import { dialectOption, lanesOption, tellDemo } from '../../lanes/options.ts';
import { Failure } from '../../runtime/failure.ts';

interface RulesOptions {
  lanes: string;
  api?: Lanes['dialect'];
  out?: string;
  force?: true;
  json?: true;
}

export function command(): Command {
  return new Command('rules')
    .summary('write the Istio rules that route the lanes')
    .description(
      'Makes the Istio objects for lanes.yaml: Gateway, DestinationRules, VirtualServices, and the fallback. They are those that charts/routes renders for the same versions. With --api gateway those of the Gateway API: Gateway, HTTPRoutes, a Service for each version, and the fallback.',
    )
    .addOption(lanesOption())
    .addOption(dialectOption('--api'))
    .option('--out <dir>', 'write them into this folder, a file for each service, instead of printing them')
    .option('--force', 'write over files that are there and say something else')
    .option('--json', 'print the objects as a JSON list')
    .addHelpText(
      'after',
      `
Examples:
  coloring rules | kubectl apply --filename -
  coloring rules --lanes mine.yaml --out istio
  coloring rules --api gateway --out gateway-api`,
    )
    .action(rules);
}

/**
 * Writes the rules of these lanes, a file for each service, and says which.
 * @throws Failure, before anything is written, where a file is there and may have been edited
 */
export async function writeRules(folder: string, lanes: Lanes, force: boolean): Promise<void> {
  const written = ruleFiles(lanes).map(({ name, objects }) => ({
    path: join(folder, name),
    text: toYaml(objects),
  }));
  const before = await Promise.all(written.map(({ path }) => readFile(path, 'utf8').catch(() => undefined)));
  const edited = written.filter(({ text }, index) => before[index] !== undefined && before[index] !== text);
  if (edited.length > 0 && !force) {
    const paths = edited.map(({ path }) => path).join(', ');
    throw new Failure(`${paths}: there already, and not the same; --force writes over it`, 2);
  }
  await mkdir(folder, { recursive: true });
  for (const { path, text } of written) {
    await writeFile(path, text);
    console.log(path);
  }
}

async function rules(options: RulesOptions, command: Command): Promise<void> {
  tellDemo(command);
  const lanes = await readLanesIn(options.api, options.lanes);
  if (options.out !== undefined) {
    await writeRules(options.out, lanes, options.force ?? false);
    return;
  }
  const objects = ruleFiles(lanes).flatMap((file) => file.objects);
  const plain = objects.map(({ comment: _, ...object }) => object);
  console.log(options.json ? JSON.stringify(plain, null, 2) : toYaml(objects).trimEnd());
}
