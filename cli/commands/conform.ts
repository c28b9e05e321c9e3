/** `npm run conform`: the same rules and requests on the local mesh and on Istio; every answer has to be the same. */
import { Command } from 'commander';
import { conform } from '../../check/conform.ts';
import { startCluster } from '../../check/engines/cluster.ts';
import { startLocal } from '../../check/engines/local.ts';
import { readConformanceCases } from '../../check/files.ts';
import { CaseError } from '../../check/format.ts';
import { Failure } from '../failure.ts';
import { styled } from '../terminal.ts';

interface ConformOptions {
  context: string;
  slots: string;
  image: string;
}

export function command(): Command {
  return new Command('conform')
    .summary('compare the local mesh with Istio on a cluster')
    .description(
      'Sends the same requests under the same rules to the local mesh and to Istio, and compares status, version, what arrived, what came back and how often upstreams were called. Works in namespaces of its own, which it takes away again.',
    )
    .argument('[case...]', 'names of files in test/conformance; default: all')
    .option('--context <name>', "of kubectl's configuration", 'kind-coloring')
    .option('--slots <number>', 'cases at the same time on the cluster, three proxies each', '6')
    .option('--image <name>', 'an image with Node 24, for the clients', 'node:24-bookworm-slim')
    .action(run);
}

async function run(names: string[], { context, slots, image }: ConformOptions): Promise<void> {
  const cases = await readConformanceCases(names).catch((error) => {
    throw error instanceof CaseError ? new Failure(error.message, 2) : error;
  });
  const start = performance.now();
  const local = await startLocal();
  const istio = await startCluster({ context, slots: Number(slots), image, onProgress: console.log });
  let differing = 0;
  try {
    for await (const { case: one, differences, unmet } of conform(cases, local, istio)) {
      const problems = [...differences, ...unmet];
      console.log(
        `${problems.length > 0 ? styled('red', '✗') : styled('green', '✓')} ${one.title} ${styled('dim', one.file)}`,
      );
      for (const problem of problems) console.log(`    ${problem}`);
      if (problems.length > 0) differing++;
    }
  } finally {
    await Promise.all([local.close(), istio.close()]);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed();
  console.log(`${cases.length} cases, ${differing} with differences, ${seconds} s`);
  if (differing > 0) process.exitCode = 1;
}
