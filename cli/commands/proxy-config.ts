/** `npx coloring proxy-config`: what is in force at one proxy, in the tables of `istioctl proxy-config`. */
import { Argument, Command, Option } from 'commander';
import { callerOf, fromOption } from '../../explain/caller.ts';
import { readLanes } from '../../lanes/lanes.ts';
import { lanesOption, rulesOption } from '../../lanes/options.ts';
import { styled } from '../../lanes/paint.ts';
import { registryAsWritten } from '../../lanes/registry.ts';
import { readRules } from '../../lanes/rules.ts';
import { type ProxyConfigTable, printProxyConfig, proxyConfigTables } from '../../mesh/proxy-config.ts';
import { formatRemark } from '../../mesh/remarks/remarks.ts';
import { buildTable } from '../../mesh/routing/table.ts';
import { Failure } from '../../runtime/failure.ts';

interface ProxyConfigOptions {
  from?: string;
  registryOnly?: true;
  rules?: string;
  lanes: string;
}

export function command(): Command {
  return new Command('proxy-config')
    .summary('the tables by which a proxy decides, as istioctl proxy-config prints them')
    .description(
      'Prints what the rules come to at one proxy: its listeners, routes, clusters or endpoints, in the columns of istioctl. Sends nothing, needs nothing that runs: every version of the lanes that may be ready is taken to be.',
    )
    .addArgument(new Argument('<table>', 'which one').choices(proxyConfigTables))
    .addOption(fromOption('whose proxy'))
    .addOption(new Option('--registry-only', 'sidecars refuse hosts that no rule and no service names (502)'))
    .addOption(rulesOption())
    .addOption(lanesOption())
    .addHelpText(
      'after',
      `
Examples (npm hands on what follows the --):
  npx coloring proxy-config routes
  npx coloring proxy-config clusters --from service-a/release`,
    )
    .action(run);
}

async function run(table: ProxyConfigTable, options: ProxyConfigOptions): Promise<void> {
  const lanes = await readLanes(options.lanes);
  const { rules, remarks } = await readRules(options.rules, lanes);
  const caller = callerOf(lanes, { ...options, sidecar: true });
  if (caller.type === 'plain') throw new Failure(`${caller.name} has no proxy`, 2);
  const outboundTrafficPolicy = options.registryOnly ? 'REGISTRY_ONLY' : 'ALLOW_ANY';
  const routes = buildTable(rules, registryAsWritten(lanes), caller.proxy, { outboundTrafficPolicy });
  process.stdout.write(printProxyConfig(routes, table));
  // Beside the table, not in it: scripts read its columns.
  for (const remark of remarks)
    console.error(`${styled('yellow', '!', process.stderr)} ${formatRemark(remark)}`);
}
