/** Which lanes are taken away because nobody is behind them any more, and how it is said. */
import { hostname } from 'node:os';
import { beforeEach, expect, test } from 'vitest';
import { parseLanes } from '../../lanes/lanes.ts';
import type { LaneState } from '../lane-state.ts';
import { CommandFailed, Shell } from '../shell.ts';
import { takeAwayLeftovers } from './leftovers.ts';

const lanes = parseLanes('services: { b: { port: 80, versions: [release, v1] } }');

/** What changes something, as it would be run: by lane, with the script of pipeline/ or by Helm. */
let changes: string[];
/** Thrown by the next of them. */
let failure: Error | undefined;

class RecordingShell extends Shell {
  override ask = async () => undefined;
  override script = async (file: string, _: readonly string[], env: Readonly<Record<string, string>>) => {
    if (!file.endsWith('/unlock'))
      await this.#change(`${file.split('/').at(-1)} ${env.SERVICE} ${env.VERSION}`);
  };
  override run = async (file: string, args: readonly string[]) => {
    await this.#change(`${file} ${args.slice(2, 4).join(' ')}`);
    return '';
  };

  async #change(what: string): Promise<void> {
    const thrown = failure;
    failure = undefined;
    if (thrown) throw thrown;
    changes.push(what);
  }
}

const shell = new RecordingShell({ dryRun: false, say: () => {}, signal: new AbortController().signal });

beforeEach(() => {
  changes = [];
  failure = undefined;
});

/** @param local of the version; undefined: it is no computer */
const state = (version: string, local?: Partial<LaneState['local']>, service = 'b'): LaneState => ({
  ...{ service, version, routed: true, baseline: false },
  ...(local && {
    local: { by: 'ann@laptop', since: new Date(), session: 'laptop/1/aa', isLeft: false, ...local },
  }),
});
const takeAway = (...states: LaneState[]) => takeAwayLeftovers(shell, { context: 'far', lanes, states });

test('what runs, on another computer or on this one, stays; and so does what is no computer', async () => {
  const here = { session: `${hostname()}/${process.pid}/aa` };
  expect(await takeAway(state('v1'), state('ann', {}), state('me', here))).toEqual([]);
  expect(changes).toEqual([]);
});

test('a relay that has ended, and one whose command on this computer is gone, go as any lane', async () => {
  const gone = { by: 'me@here', session: `${hostname()}/99999999/aa` };
  expect(await takeAway(state('ann', { isLeft: true }), state('me', gone))).toEqual([
    'taken away: b ann, left behind by ann@laptop',
    'taken away: b me, left behind by me@here',
  ]);
  expect(changes).toEqual(['remove b ann', 'remove b me']);
});

test('of a computer that only called there is no route, and its release is another one', async () => {
  expect(await takeAway(state('ann', { isLeft: true }, 'b-calls'))).toEqual([
    'taken away: b-calls ann, left behind by ann@laptop',
  ]);
  expect(changes).toEqual(['helm uninstall b-calls-ann']);
});

test('what cannot be taken away is named, and holds up no other', async () => {
  failure = new CommandFailed('pipeline/remove', 'somebody else holds the release');
  const left = { isLeft: true };
  expect(await takeAway(state('ann', left), state('ann', left, 'other'), state('bob', left))).toEqual([
    'not taken away: b ann, left behind by ann@laptop; pipeline/remove\nsomebody else holds the release',
    `not taken away: other ann, left behind by ann@laptop; ${lanes.file} has no service other`,
    'taken away: b bob, left behind by ann@laptop',
  ]);
});

test('a fault of this program is no reason to go on', async () => {
  failure = new TypeError('x is undefined');
  await expect(takeAway(state('ann', { isLeft: true }))).rejects.toThrow(TypeError);
});
