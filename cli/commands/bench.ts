/** `npm run bench`: what the services and the local mesh cost, next to peers, side by side in one run. */
import { Command, Option } from 'commander';
import { measureCarryCost } from '../../bench/carry-cost.ts';
import { measureColdStart } from '../../bench/cold-start.ts';
import { buildMs, decisionsPerSecond, endpointsMs } from '../../bench/decisions.ts';
import { measureFirstPicture } from '../../bench/first-picture.ts';
import { linesPerSecond } from '../../bench/log-lines.ts';
import { measureMemory } from '../../bench/memory.ts';
import { type Decisions, printResults, type Results } from '../../bench/report.ts';
import { type SetupName, setups } from '../../bench/setups.ts';
import { measureStarts } from '../../bench/start-lanes.ts';
import { measureThroughput } from '../../bench/throughput.ts';

const parts = [
  'throughput',
  'carry',
  'cold-start',
  'decisions',
  'logs',
  'start',
  'first-picture',
  'memory',
] as const;
/** The memory of half a million requests takes minutes: measured only where it is asked for. */
const usual = parts.filter((part) => part !== 'memory');
const versionCounts = [1, 10, 100, 1_000];

interface Options {
  quick?: boolean;
  only?: (typeof parts)[number][];
  setup?: SetupName[];
  json?: boolean;
}

export function command(): Command {
  return new Command('bench')
    .summary('measure the services and the local mesh next to their peers')
    .description(
      'Loads each setup in turn, several rounds, in one run: the ratios mean more than the numbers, which are of this machine and of what else it does.',
    )
    .option('--quick', 'one short round of each')
    .addOption(
      new Option(
        '--only <part...>',
        'measure only this; memory: over 500,000 requests, some minutes',
      ).choices(parts),
    )
    .addOption(new Option('--setup <name...>', 'load only these').choices(Object.keys(setups)))
    .option('--json', 'print the results as JSON')
    .action(bench);
}

async function bench({ quick = false, only = usual, setup, json }: Options): Promise<void> {
  const results: Results = {};
  if (only.includes('throughput')) {
    const names = setup ?? (Object.keys(setups) as SetupName[]);
    // many short rounds: whatever else the machine does meets all setups alike
    const load = {
      warmUpRequests: quick ? 5_000 : 20_000,
      connections: 50,
      seconds: 1,
      rounds: quick ? 1 : 9,
    };
    results.throughput = await measureThroughput(names, load);
  }
  if (only.includes('carry')) {
    const block = { blocks: 4, requestsPerBlock: quick ? 500 : 1_000, warmUpRequests: quick ? 1_000 : 3_000 };
    results.carry = await measureCarryCost({ ...block, pairs: quick ? 3 : 30, atMostMs: 210_000 });
  }
  if (only.includes('cold-start')) results.coldStart = await measureColdStart(quick ? 1 : 5);
  if (only.includes('decisions')) results.decisions = versionCounts.map(decisions);
  if (only.includes('logs')) {
    const lines = quick ? 100_000 : 400_000;
    linesPerSecond(20_000); // until the compiler knows it
    results.logs = { linesPerSecond: linesPerSecond(lines), goal: 20_000 };
  }
  if (only.includes('start')) results.starts = await measureStarts(quick ? 1 : 3);
  if (only.includes('first-picture')) results.firstPicture = await measureFirstPicture(quick ? 1 : 9);
  if (only.includes('memory')) {
    const load = { requests: quick ? 20_000 : 500_000, samples: 10, connections: 50 };
    results.memory = await measureMemory('this pair, local mesh', load);
  }
  console.log(json ? JSON.stringify(results, undefined, 2) : printResults(results));
}

function decisions(versions: number): Decisions {
  return {
    versions,
    perSecond: decisionsPerSecond(versions, 'header'),
    byBaggagePerSecond: decisionsPerSecond(versions, 'baggage'),
    buildMs: buildMs(versions),
    endpointsMs: endpointsMs(versions),
  };
}
