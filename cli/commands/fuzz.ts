/** `npm run fuzz`: bytes by chance to everything that listens; nothing of it may end the local mesh, or fill it. */
import { Command, InvalidArgumentError } from 'commander';
import { type Finding, type Fuzzed, fuzz } from '../../fuzz/fuzz.ts';

interface Options {
  requests: number;
  seed: number;
  only?: number;
  json?: boolean;
}

export function command(): Command {
  return new Command('fuzz')
    .summary('send bytes by chance to the local mesh and the services')
    .description(
      'Starts a pair of services behind the local mesh and sends bytes by chance to the gateway, a sidecar, a client without a sidecar and both services: heads that are none, floods, pipelining, upgrades, half closes, chunks, odd hosts. Nothing may end, hang, grow or be answered wrongly.',
    )
    .option('--requests <number>', 'how many connections', count, 3_000)
    .option('--seed <number>', 'the same seed sends the same bytes; default: a new one', count)
    .option('--only <number>', 'of these the one with this number alone', count)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nThe exit code is 0 when nothing was found, 1 otherwise.')
    .action(run);
}

function count(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('A whole number.');
  return Number(value);
}

async function run({ requests, seed = Math.floor(Math.random() * 1e9), only, json }: Options): Promise<void> {
  if (!json) console.log(`seed ${seed}`);
  const fuzzed = await fuzz({
    requests: only === undefined ? requests : only + 1,
    seed,
    only,
    onProgress: (sent, { descriptors, connections, heap, resident }) => {
      if (json) return;
      const memory = `heap ${heap.toFixed(0)} MB, resident ${resident.toFixed(0)} MB`;
      console.log(
        `${String(sent).padStart(7)} sent: ${descriptors} descriptors, ${connections} connections left, ${memory}`,
      );
    },
  });
  console.log(json ? JSON.stringify({ seed, ...fuzzed }, undefined, 2) : print(fuzzed, seed));
  process.exitCode = fuzzed.findings.length > 0 ? 1 : 0;
}

function print({ sent, seconds, kinds, findings }: Fuzzed, seed: number): string {
  const sorts = Object.entries(kinds).map(([kind, number]) => `  ${String(number).padStart(7)} ${kind}`);
  return [
    ...sorts,
    ...findings.map((finding) => describe(finding, seed)),
    `${sent} in ${seconds.toFixed(0)} s: ${findings.length} findings`,
  ].join('\n');
}

function describe({ number, input, what }: Finding, seed: number): string {
  if (!input) return `✗ ${what}`;
  const bytes = input.writes.map((write) => JSON.stringify(write.slice(0, 400))).join(', then ');
  return `✗ ${input.target}, ${input.kind}: ${what}\n    ${bytes}\n    npm run fuzz -- --seed ${seed} --only ${number}`;
}
