/** `coloring trace` and the end of `npm start` on the local mesh: who loses the colour is named, with processes and HTTP. */
import { execa } from 'execa';
import { expect, it, vi } from 'vitest';
import { runHere } from '../cli/testing/run-here.ts';

vi.setConfig({ testTimeout: 60_000 });

interface Told {
  by: { service: string; version: string };
  what: string;
  to: { service: string };
  count: number;
}

const losers = ['--lanes', 'test/worlds/losers/lanes.yaml'];

it('names who drops it, changes it, and begins a new request id', async () => {
  const { exitCode, stdout } = await runHere(['trace', ...losers]);
  expect(exitCode).toBe(1);
  expect(lines(stdout).filter((line) => /^[✗!✓]/.test(line))).toEqual([
    '✗ api/changes changes project-version: came in as changes, went out as release-v9 (to stock, TIME)',
    '✗ api/drops drops project-version: came in as drops, went out without (to stock, TIME)',
    '! api/id begins a new x-request-id for each call (to stock, TIME)',
  ]);
  expect(treeOf(stdout, 'drops')).toEqual([
    'gateway → web/drops  drops  web/drops',
    '  web/drops → api/drops  drops  api/drops',
    '    api/drops → stock/release  drops ⇒ -  stock/release  ✗ colour dropped',
  ]);
  expect(treeOf(stdout, 'id').at(-1)).toBe('    api/id → stock/id  id  stock/id  ✗ new request id');
});

it('asks in the colours that it is told, and answers with data', async () => {
  const { exitCode, stdout } = await runHere([
    'trace',
    ...losers,
    '--color',
    'id',
    '-',
    '--json',
    '--path',
    '/x',
  ]);
  expect(exitCode).toBe(0);
  const { requests, verdict } = JSON.parse(stdout);
  expect(requests).toMatchObject([{ color: 'id', hops: [{ path: '/x' }, {}, {}] }, { hops: [{}, {}, {}] }]);
  expect(verdict.findings).toMatchObject([{ by: { service: 'api', version: 'id' }, what: 'request-id' }]);
  expect(verdict.edges).toContainEqual({
    from: 'api/id',
    to: 'stock/id',
    requests: 1,
    cameIn: { id: 1 },
    wentOut: { id: 1 },
    judged: 1,
    lost: 0,
  });
});

it('of twelve services three drop it, and no other is named', async () => {
  const twelve = ['--lanes', 'test/worlds/twelve/lanes.yaml', '--color', 'v1', 'nobody', '--json'];
  const { exitCode, stdout } = await runHere(['trace', ...twelve]);
  expect(exitCode).toBe(1);
  const { requests, verdict } = JSON.parse(stdout);
  expect(requests.map(({ hops }: { hops: unknown[] }) => hops.length)).toEqual([12, 12]);
  const said = verdict.findings.map(
    ({ by, what, to, count }: Told) => `${by.service}/${by.version} ${what} to ${to.service}: ${count}`,
  );
  expect(said.sort()).toEqual([
    'orders/v1 dropped to audit: 1',
    'orders/v1 dropped to mail: 1',
    'prices/release dropped to tax: 2',
    'search/v1 dropped to index: 1',
  ]);
});

it('nothing to judge is not all right', async () => {
  const { exitCode, stdout } = await runHere(['trace', ...losers, '--color', '-']);
  expect(exitCode).toBe(2);
  expect(stdout).toContain('nothing to judge');
});

it('npm start says at its end who loses it', async () => {
  const args = ['cli/coloring.mjs', 'start', ...losers, '--once', '--port', '0'];
  const { exitCode, stdout } = await execa(process.execPath, args, { reject: false });
  expect(exitCode).toBe(1);
  expect(lines(stdout).filter((line) => /^ +[✗!] api/.test(line))).toEqual([
    '  ✗ api/changes changes project-version: came in as changes, went out as release-v9 (to stock, TIME)',
    '  ✗ api/drops drops project-version: came in as drops, went out without (to stock, TIME)',
    '  ! api/id begins a new x-request-id for each call (to stock, TIME)',
  ]);
});

function lines(text: string): string[] {
  return text.split('\n').map((line) => line.replace(/\d\d:\d\d:\d\d/, 'TIME'));
}

/** The tree of this colour, without times and with single spaces. */
function treeOf(text: string, color: string): string[] {
  const all = text.split('\n');
  const start = all.indexOf(`project-version: ${color}`) + 1;
  const end = all.indexOf('', start);
  return all.slice(start, end).map((line) =>
    line
      .slice(2)
      .replace(/ +\d+ ms/, '')
      .replace(/(?<=\S) {2,}/g, '  '),
  );
}
