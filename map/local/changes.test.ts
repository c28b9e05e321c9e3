import { cp, lstat, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Lanes, readLanes } from '../../lanes/lanes.ts';
import { readRules } from '../../lanes/rules.ts';
import type { Edit } from '../protocol.ts';
import { Changes } from './changes.ts';

let folder: string;
let lanes: Lanes;
let changes: Changes;
let file: string;
let before: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changes-'));
  await cp('istio', folder, { recursive: true });
  lanes = await readLanes('lanes.yaml');
  const { rules } = await readRules(folder, lanes);
  changes = new Changes({ lanes, folder, rules: () => rules });
  file = join(folder, 'service-b.yaml');
  before = await readFile(file, 'utf8');
});
afterEach(() => rm(folder, { recursive: true }));

const rule = 'VirtualService coloring/service-b';
const late: Edit = { rule, route: 0, type: 'fault', delayMs: 2_000, percent: 100 };

describe('a change', () => {
  it('is shown first, then written, then taken back', async () => {
    const plan = await changes.plan([late]);
    expect(plan.parts.map(({ target }) => target)).toEqual([file]);
    expect(plan.parts[0]?.diff.filter(({ type }) => type !== 'same').map(({ text }) => text.trim())).toEqual([
      'fault: { delay: { percentage: { value: 100 }, fixedDelay: 2s } }',
    ]);
    expect(await readFile(file, 'utf8')).toBe(before);
    await changes.apply(plan.id);
    expect(await readFile(file, 'utf8')).toContain('fixedDelay: 2s');
    expect(changes.undoable).toBe(file);
    await changes.undo();
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(changes.undoable).toBe(undefined);
    expect(await readdir(folder)).toHaveLength((await readdir('istio')).length);
  });

  it('of several rules is one', async () => {
    const plan = await changes.plan([
      { rule: 'VirtualService coloring/service-a', route: 0, type: 'remove' },
      { rule: 'VirtualService coloring/service-a-gateway', route: 0, type: 'remove' },
      { rule, route: 0, type: 'remove' },
    ]);
    expect(plan.parts).toHaveLength(2);
    expect(plan.parts.flatMap(({ diff }) => diff).filter(({ type }) => type === 'removed')).toHaveLength(9);
  });

  it('says what the rules would be warned of', async () => {
    const plan = await changes.plan([
      { rule, route: 0, type: 'destinations', destinations: [{ subset: 'release-v7', weight: 100 }] },
    ]);
    expect(plan.remarks.join()).toMatch(/release-v7/);
    expect((await changes.plan([late])).remarks).toEqual([]);
  });
});

it('where a file is a link, what it leads to is written', async () => {
  const elsewhere = join(folder, 'elsewhere');
  await rename(file, elsewhere);
  await symlink(elsewhere, file);
  await changes.apply((await changes.plan([late])).id);
  expect((await lstat(file)).isSymbolicLink()).toBe(true);
  expect(await readFile(elsewhere, 'utf8')).toContain('fixedDelay: 2s');
});

it('what somebody has taken back by hand is taken back', async () => {
  await changes.apply((await changes.plan([late])).id);
  await writeFile(file, before);
  await changes.undo();
  expect(await readFile(file, 'utf8')).toBe(before);
  expect(changes.undoable).toBe(undefined);
});

describe('what somebody else wrote is kept', () => {
  it('when two say yes at once: one of them is told', async () => {
    const other: Edit = { rule, route: 1, type: 'fault', abortStatus: 418, percent: 100 };
    const plans = [await changes.plan([late]), await changes.plan([other])];
    const outcomes = await Promise.allSettled(plans.map(({ id }) => changes.apply(id)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await readFile(file, 'utf8')).toMatch(/fixedDelay: 2s/);
  });

  it('when the plan is older', async () => {
    const plan = await changes.plan([late]);
    await writeFile(file, `${before}# mine\n`);
    await expect(changes.apply(plan.id)).rejects.toMatchObject({ status: 409 });
    expect(await readFile(file, 'utf8')).toBe(`${before}# mine\n`);
  });

  it('when it is taken back', async () => {
    await changes.apply((await changes.plan([late])).id);
    const theirs = `${await readFile(file, 'utf8')}# mine\n`;
    await writeFile(file, theirs);
    await expect(changes.undo()).rejects.toMatchObject({ status: 409 });
    expect(await readFile(file, 'utf8')).toBe(theirs);
  });
});

it.each([
  ['nothing to change', [{ rule, route: 0, type: 'no-fault' }], 400],
  ['a rule that is not there', [{ rule: 'VirtualService coloring/x', route: 0, type: 'remove' }], 404],
  [
    'what Istio refuses',
    [
      {
        rule,
        route: 0,
        type: 'destinations',
        destinations: [
          { subset: 'release', weight: -1 },
          { subset: 'release-v1', weight: 1 },
        ],
      },
    ],
    400,
  ],
] as [string, Edit[], number][])('refuses %s', async (_, edits, status) => {
  await expect(changes.plan(edits)).rejects.toMatchObject({ name: 'Refusal', status });
});
