import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  chmod,
  cp,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Lanes, readLanes } from '../../lanes/lanes.ts';
import { readRules } from '../../lanes/rules.ts';
import type { Source } from '../../mesh/rules/source.ts';
import type { Edit } from '../protocol.ts';
import { Changes } from './changes.ts';

let folder: string;
let lanes: Lanes;
let sources: readonly Source[];
let problems: readonly string[];
let changes: Changes;
let file: string;
let before: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changes-'));
  await cp('istio', folder, { recursive: true });
  lanes = await readLanes('lanes.yaml');
  const read = await readRules(folder, lanes);
  sources = read.sources ?? [];
  problems = [];
  changes = new Changes({
    lanes,
    folder,
    rules: () => read.rules,
    sources: () => sources,
    problems: () => problems,
  });
  file = join(folder, 'service-b.yaml');
  before = await readFile(file, 'utf8');
});
afterEach(() => rm(folder, { recursive: true }));

/** As the mesh does. */
function putInForce(written: readonly Source[]): void {
  sources = sources.map((one) => written.find((other) => other.file === one.file) ?? one);
}

async function made(...edits: Edit[]): Promise<string> {
  const { id } = await changes.plan(edits);
  putInForce(await changes.apply(id));
  return id;
}

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
    const written = await changes.apply(plan.id);
    expect(await readFile(file, 'utf8')).toContain('fixedDelay: 2s');
    expect(written).toEqual([{ file, text: await readFile(file, 'utf8') }]);
    expect(changes.undoable).toEqual({ id: plan.id, what: file });
    await changes.undo(plan.id);
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
  await made(late);
  expect((await lstat(file)).isSymbolicLink()).toBe(true);
  expect(await readFile(elsewhere, 'utf8')).toContain('fixedDelay: 2s');
});

it('what somebody has taken back by hand is taken back', async () => {
  const id = await made(late);
  await writeFile(file, before);
  await changes.undo(id);
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
    const id = await made(late);
    const theirs = `${await readFile(file, 'utf8')}# mine\n`;
    await writeFile(file, theirs);
    await expect(changes.undo(id)).rejects.toMatchObject({ status: 409 });
    expect(await readFile(file, 'utf8')).toBe(theirs);
  });

  it('and what was changed in other files before can still be taken back', async () => {
    const other = await made({ rule: 'VirtualService coloring/service-a', route: 0, type: 'remove' });
    const id = await made(late);
    await writeFile(file, `${before}# mine\n`);
    await expect(changes.undo(id)).rejects.toMatchObject({ message: expect.stringContaining('by hand') });
    expect(changes.undoable?.id).toBe(other);
    await changes.undo(other);
    expect(await readFile(join(folder, 'service-a.yaml'), 'utf8')).toBe(
      await readFile('istio/service-a.yaml', 'utf8'),
    );
  });

  it('when it is written while the change is', async () => {
    const plan = await changes.plan([late]);
    let isOver = false;
    const applied = changes.apply(plan.id).catch(() => 'refused');
    void applied.then(() => {
      isOver = true;
    });
    // Until the file that is to take its place is there.
    while (!isOver && !readdirSync(folder).some((name) => name.startsWith('.service-b')))
      await new Promise(setImmediate);
    const theirs = `${readFileSync(file, 'utf8')}# theirs\n`;
    writeFileSync(file, theirs);
    await applied;
    expect(await readFile(file, 'utf8')).toBe(theirs);
    expect(await readdir(folder)).toHaveLength((await readdir('istio')).length);
  });
});

it('a change is taken back once, however often it is asked for', async () => {
  const first = await made(late);
  const last = await made({ rule, route: 1, type: 'fault', delayMs: 1_000, percent: 100 });
  const outcomes = await Promise.allSettled([changes.undo(last), changes.undo(last)]);
  expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { status: 409 } }]);
  expect(changes.undoable?.id).toBe(first);
});

describe('what is not in force is not planned from', () => {
  it('a file that has just changed: the page shows the routes before', async () => {
    await writeFile(file, before.replace('    - name', '    - name: new\n    - name'));
    await expect(changes.plan([late])).rejects.toMatchObject({
      status: 409,
      message: `${file} has just changed on disk; look again.`,
    });
  });

  it('files with a mistake: it is told as it stands there', async () => {
    problems = [`${file}:9: a mistake`];
    await expect(changes.plan([late])).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining(`${file}:9: a mistake`),
    });
  });
});

describe('a file is not changed', () => {
  it('that is not in UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from('# caf\xe9\n', 'latin1')]);
    await writeFile(file, bytes);
    sources = (await readRules(folder, lanes)).sources ?? [];
    await expect(changes.plan([late])).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining(`${file} is not in UTF-8`),
    });
  });

  it('that is read-only', async () => {
    const { id } = await changes.plan([late]);
    await chmod(file, 0o444);
    for (const attempt of [changes.plan([late]), changes.apply(id)])
      await expect(attempt).rejects.toMatchObject({
        status: 409,
        message: expect.stringContaining(`${file} is read-only`),
      });
  });
});

it('the mark that begins some files stays', async () => {
  await writeFile(file, `\ufeff${before}`);
  sources = (await readRules(folder, lanes)).sources ?? [];
  await made(late);
  expect(await readFile(file, 'utf8')).toMatch(/^\ufeff/);
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
