/** The end of every deployment: a request in each colour, and the table of who answered. */
import pWaitFor from 'p-wait-for';
import { type LaneRow, renderLanes, traceLanes } from '../lanes/lane-table.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { probe } from '../lanes/probe.ts';
import { Failure } from '../runtime/failure.ts';
import type { Shell } from './shell.ts';
import type { Step } from './steps.ts';

/** Asks the gateway in every colour until all answers obey the law; `show` gets the table, right or wrong. */
export function tryColors(lanes: Lanes, url: () => string, show: (table: string) => void): Step {
  return {
    title: 'A request in each colour through the gateway',
    run: async (shell: Shell) => {
      shell.say(`$ curl -H '${lanes.header}: …' ${url()}`);
      if (shell.dryRun) return;
      let rows: LaneRow[] = [];
      const obeyed = async () => {
        rows = await traceLanes(lanes, (question) => probe({ url: url(), header: lanes.header }, question));
        return !rows.some(({ offence }) => offence);
      };
      const timeout = {
        milliseconds: 30_000,
        fallback: () => {
          throw new Failure(`Not every answer obeys the law:\n\n${renderLanes(lanes, rows)}`);
        },
      };
      try {
        await pWaitFor(obeyed, { interval: 500, timeout, signal: shell.signal });
      } finally {
        show(renderLanes(lanes, rows));
      }
    },
  };
}
