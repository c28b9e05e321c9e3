/** `npx coloring explain`: which rule decides at each hop, and why the ones before it did not match. Sends nothing. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { Command, InvalidArgumentError } from 'commander';
import { Cluster } from '../../cluster/cluster.ts';
import { ObjectReader } from '../../cluster/objects.ts';
import { Shell } from '../../cluster/shell.ts';
import { callerOf, fromOption } from '../../explain/caller.ts';
import { ask } from '../../explain/live/ask.ts';
import { compared } from '../../explain/live/envoy.ts';
import { readMesh } from '../../explain/live/live-mesh.ts';
import { answerAsData, printAnswer } from '../../explain/live/print.ts';
import { printWalk, walkAsData } from '../../explain/print.ts';
import { targetUriOf } from '../../explain/target-uri.ts';
import { type Caller, walk } from '../../explain/walk.ts';
import { usualGatewayPort } from '../../lanes/gateway-port.ts';
import { entries } from '../../lanes/graph.ts';
import { type Lanes, readLanes } from '../../lanes/lanes.ts';
import { lanesOption, rulesOption } from '../../lanes/options.ts';
import { authorityFrom } from '../../lanes/registry.ts';
import { readRules } from '../../lanes/rules.ts';
import type { RequestHead } from '../../mesh/routing/decision.ts';
import { hostOf } from '../../mesh/routing/hosts.ts';
import { rootNamespace } from '../../mesh/routing/visibility.ts';
import { Failure } from '../../runtime/failure.ts';
import { stoppable } from '../../runtime/stoppable.ts';

interface ExplainOptions {
  header?: Record<string, string[]>;
  request: string;
  from?: string;
  sidecar: boolean;
  registryOnly?: true;
  rules?: string;
  lanes: string;
  context?: string;
  namespace: string;
  compare?: true;
  json?: true;
}

export function command(): Command {
  return new Command('explain')
    .summary('say which rule decides at each hop of a request, and why')
    .description(
      'Follows a request through the rules without sending it. At each hop it shows the routes that the proxy of the caller tries, in order, with file and line: why each does not match, which one decides, and who answers.',
    )
    .argument('[url]', 'what is asked; default: the gateway, or from inside the first service')
    .option(
      '-H, --header <line>',
      "a header, as in curl: 'project-version: release-v3'; may be repeated",
      addHeader,
      {},
    )
    .option('-X, --request <method>', 'the method', parseMethod, 'GET')
    .addOption(fromOption('who asks'))
    .option('--no-sidecar', 'the client has no sidecar')
    .option('--registry-only', 'sidecars refuse hosts that no rule and no service names (502)')
    .addOption(rulesOption())
    .addOption(lanesOption())
    .option('--context <context>', "ask a running cluster, by kubectl's name for it, instead of files")
    .option('--compare', "with --context: ask the client's Envoy too whether it has what the rules say")
    .option('-n, --namespace <namespace>', 'with --context: where the client is', 'default')
    .option('--json', 'the same as data')
    .addHelpText(
      'after',
      `
Examples (npm hands on what follows the --):
  npx coloring explain -H 'project-version: release-v3'
  npx coloring explain --from service-a/release-v1 -H 'project-version: release-v1' http://service-b:32000/
  npx coloring explain --from default/curl --no-sidecar http://service-a.coloring:31000/
  npx coloring explain --context kind-coloring --from deploy/service-a-release -n coloring http://service-b:32000/`,
    )
    .action(run);
}

async function run(url: string | undefined, options: ExplainOptions): Promise<void> {
  if (options.context !== undefined) {
    await runOnCluster(url, { ...options, context: options.context });
    return;
  }
  const lanes = await readLanes(options.lanes);
  const { rules } = await readRules(options.rules, lanes);
  const caller = callerOf(lanes, options);
  const { head, address } = askedOf(lanes, caller, url, options);
  const outboundTrafficPolicy = options.registryOnly ? ('REGISTRY_ONLY' as const) : ('ALLOW_ANY' as const);
  const hops = walk({ lanes, rules, outboundTrafficPolicy }, caller, head, address);
  console.log(options.json ? JSON.stringify(walkAsData(lanes, hops), null, 2) : printWalk(lanes, hops));
}

/** Reads and never changes: the clients' rights to list are all that it needs. */
async function runOnCluster(
  written: string | undefined,
  { context, from, namespace, request, header, json, compare }: ExplainOptions & { context: string },
): Promise<void> {
  const url = written ?? (from === undefined ? 'http://localhost/' : undefined);
  const address = url === undefined ? undefined : targetUriOf(url);
  if (!address)
    throw new Failure(`${url ?? 'Say what is asked'}: write a whole URL, e.g. http://service-b:32000/`, 2);
  const { host = [], ...headers } = header ?? {};
  const head = {
    method: request.toUpperCase(),
    ...address,
    authority: host[0] ?? address.authority,
    headers,
  };
  const shell = new Shell({ dryRun: false, say: () => {}, signal: stoppable() });
  const cluster = new Cluster(context, shell);
  const reader = new ObjectReader(cluster);
  const called = hostOf(head.authority).split('.')[1];
  const mesh = await readMesh(reader, [...new Set([namespace, ...(called ? [called] : []), rootNamespace])]);
  const answer = ask(mesh, { ...(from && { from }), namespace, head });
  const comparison = compare ? await compared(cluster, mesh, answer) : undefined;
  console.log(
    json ? JSON.stringify(answerAsData(answer, comparison), null, 2) : printAnswer(answer, comparison),
  );
  if (comparison && 'verdict' in comparison && comparison.verdict !== 'same') process.exitCode = 1;
}

function addHeader(line: string, before: Record<string, string[]> = {}): Record<string, string[]> {
  const colon = line.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError("Write it as in curl: 'name: value'.");
  const name = line.slice(0, colon).trim().toLowerCase();
  const value = line.slice(colon + 1).trim();
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (error) {
    throw new InvalidArgumentError(`HTTP cannot carry it: ${(error as Error).message}.`);
  }
  return { ...before, [name]: [...(Object.hasOwn(before, name) ? (before[name] ?? []) : []), value] };
}

/** RFC 9110, 9.1: any token may be a method. */
function parseMethod(value: string): string {
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(value)) throw new InvalidArgumentError('A method is a word, like GET.');
  return value;
}

function askedOf(
  lanes: Lanes,
  caller: Caller,
  written: string | undefined,
  options: ExplainOptions,
): { head: RequestHead; address: string } {
  const atGateway = caller.type === 'proxy' && caller.proxy.type === 'gateway';
  const url = written ?? (atGateway ? `http://localhost:${usualGatewayPort}/` : firstService(lanes, caller));
  const address = targetUriOf(url);
  if (!address) throw new Failure(`${url}: write a whole URL, e.g. http://service-b:32000/`, 2);
  const { host = [], ...headers } = options.header ?? {};
  const { authority } = address;
  const method = options.request.toUpperCase();
  return { head: { method, ...address, authority: host[0] ?? authority, headers }, address: authority };
}

function firstService(lanes: Lanes, caller: Caller): string {
  const [entry] = entries(lanes);
  const namespace = caller.type === 'plain' ? caller.namespace : caller.proxy.namespace;
  // A sidecar of the entry itself asks what the entry calls.
  const isEntry = caller.type === 'proxy' && caller.proxy.name.startsWith(`${entry?.name}/`);
  const asked = isEntry ? lanes.services.find(({ name }) => name === entry?.calls[0]) : entry;
  if (!asked) throw new Failure('Say what is asked, e.g. http://service-b:32000/', 2);
  return `http://${authorityFrom(namespace, asked)}/`;
}
