/** The rules changed by the page, in a real browser: shown, made, taken back, and never over what somebody else wrote. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { chromiumPath, inBrowser } from './browser.ts';
import { mapOfLanes, patient } from './map-of-lanes.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

describe.skipIf(!chromiumPath)(`a change of the rules ${inBrowser}`, () => {
  const at = mapOfLanes();
  const { button, version, trails } = at;
  let file: string;
  let before: string;
  beforeEach(async () => {
    file = join(at.lanes.rules, 'service-b.yaml');
    before = await readFile(file, 'utf8');
    await button('Rules').click();
    await at.page.getByLabel('Change the route service-b/release-v3').click();
  });

  it('is shown, made, in force at once, and taken back', async () => {
    await at.page.getByLabel('ms late').fill('1500');
    await at.page.locator('.editor fieldset', { hasText: 'ms late' }).getByRole('button').click();
    const added = at.page.locator('.diff .added');
    await added.waitFor();
    expect(await added.textContent()).toContain('fixedDelay: 1.500s');
    expect(await readFile(file, 'utf8')).toBe(before);
    await button('Make this change').click();
    await at.page.locator('.table .warn', { hasText: '1500 ms late' }).waitFor();
    expect(await readFile(file, 'utf8')).toContain('fixedDelay: 1.500s');
    await button(/Undo the last change/).click();
    await expect.poll(() => at.page.locator('.table .warn').count(), patient).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('is one of two that a double click takes back', async () => {
    const made: string[] = [];
    for (const late of ['1500', '1600']) {
      await at.page.getByLabel('ms late').fill(late);
      await at.page.locator('.editor fieldset', { hasText: 'ms late' }).getByRole('button').first().click();
      await button('Make this change').click();
      await at.page.locator('.table .warn', { hasText: `${late} ms late` }).waitFor();
      made.push(await readFile(file, 'utf8'));
    }
    await button(/Undo the last change/).dblclick();
    await at.page.locator('.table .warn', { hasText: '1500 ms late' }).waitFor();
    expect(await readFile(file, 'utf8')).toBe(made[0]);
    await button(/Undo the last change/).click();
    await expect.poll(() => readFile(file, 'utf8'), patient).toBe(before);
  });

  it('is made and taken back by the keyboard alone', async () => {
    const press = async (name: string | RegExp) => {
      await button(name).first().focus();
      await at.page.keyboard.press('Enter');
    };
    const share = at.page.locator('.share', { hasText: 'release-v1' }).locator('input');
    await share.focus();
    for (let i = 0; i < 3; i++) await at.page.keyboard.press('ArrowRight');
    await press('Show the change …');
    await at.page.locator('.diff .added').first().waitFor();
    // The dialog has the focus, and gives it back where it is left.
    await at.page.keyboard.press('Escape');
    await expect.poll(() => at.page.locator('dialog[open]').count()).toBe(0);
    await press('Show the change …');
    await at.page.locator('.diff .added').first().waitFor();
    await press('Make this change');
    await expect.poll(() => readFile(file, 'utf8'), patient).toMatch(/weight: 3\b/);
    await at.page.locator('.table li', { hasText: '3 %' }).first().waitFor();
    await at.page.locator('.editor button:focus', { hasText: 'Show the change …' }).waitFor();
    await press(/Undo the last change/);
    await expect.poll(() => readFile(file, 'utf8'), patient).toBe(before);
  });

  it('of a share is taken by a version that had none', async () => {
    const shares = at.page.locator('.share');
    await shares.filter({ hasText: 'release-v3' }).locator('input').fill('70');
    await expect
      .poll(() => shares.allTextContents(), patient)
      .toEqual(['release30 %', 'release-v10 %', 'release-v370 %']);
    await at.page.locator('.editor fieldset').first().getByRole('button').click();
    const added = at.page.locator('.diff .added');
    await added.first().waitFor();
    expect((await added.allTextContents()).join('')).toMatch(/weight: 30.*weight: 70/s);
    await button('Cancel').click();
  });

  it('does not overwrite what somebody else wrote while it was open', async () => {
    await button('Take this route out …').click();
    await at.page.locator('.diff .removed').first().waitFor();
    const theirs = `${before}# theirs\n`;
    await writeFile(file, theirs);
    await button('Make this change').click();
    await at.page.locator('.notice', { hasText: 'changed by somebody else' }).waitFor();
    expect(await readFile(file, 'utf8')).toBe(theirs);
    await writeFile(file, before);
    // The browser itself notes that the server said 409.
    expect(at.faults.splice(0)).toEqual([expect.stringContaining('409')]);
  });

  it('of two tabs the first one makes its change; the second is told, and sees it', async () => {
    const tab = await at.page.context().newPage();
    await tab.goto(at.page.url());
    await tab.getByRole('button', { name: 'Rules' }).click();
    await tab.getByLabel('Change the route service-b/release-v3').click();
    for (const page of [at.page, tab]) {
      await page.getByRole('button', { name: 'Take this route out …' }).click();
      await page.locator('.diff .removed').first().waitFor();
    }
    await button('Make this change').click();
    await expect.poll(() => readFile(file, 'utf8'), patient).not.toContain('exact: release-v3');
    const first = await readFile(file, 'utf8');
    await tab.getByRole('button', { name: 'Make this change' }).click();
    await tab.locator('.notice', { hasText: 'changed by somebody else' }).waitFor();
    expect(await readFile(file, 'utf8')).toBe(first);
    // Either of them may take it back; then both see the route again.
    await tab.getByRole('button', { name: /Undo the last change/ }).click();
    await expect.poll(() => readFile(file, 'utf8'), patient).toBe(before);
    await at.page.getByLabel('Change the route service-b/release-v3').waitFor();
    await button(/Undo the last change/).waitFor({ state: 'detached' });
  });

  it('a lane is copied to another version, and nobody waits for it', async () => {
    await at.page.getByLabel('Copy requests to').selectOption('release-v1');
    await at.page.locator('.editor fieldset', { hasText: 'Copy requests to' }).getByRole('button').click();
    await at.page.locator('.diff .added', { hasText: 'mirror' }).first().waitFor();
    await button('Make this change').click();
    await at.page.locator('.table li', { hasText: 'copies 100 % to release-v1' }).waitFor();
    await button(/Undo the last change/).click();
    await expect.poll(() => readFile(file, 'utf8'), patient).toBe(before);
  });

  it('is left by Escape, and what it was asked from after it: each gives the focus to who opened it', async () => {
    await version('service-b', 'release-v3').focus();
    await at.page.keyboard.press('Enter');
    await at.page.locator('.version-panel h2:focus').waitFor();
    await button('Remove this colour’s routes …').focus();
    await at.page.keyboard.press('Enter');
    await at.page.locator('.diff .removed').first().waitFor();
    await at.page.keyboard.press('Escape');
    await at.page.locator('.version-panel button:focus', { hasText: 'Remove this colour' }).waitFor();
    await at.page.keyboard.press('Escape');
    await at.page.locator('.box.version:focus', { hasText: 'service-b release-v3' }).waitFor();
    expect(await at.page.locator('.version-panel').count()).toBe(0);
  });

  it('leaves what was typed alone while somebody else writes about something else', async () => {
    await at.page.getByLabel('ms late').fill('1234');
    await writeFile(file, `# theirs\n${before}`);
    // Its line is another one now.
    const line = before.split('\n').findIndex((text) => text.includes('name: service-b/release-v3')) + 2;
    await at.page.locator('.table .place', { hasText: new RegExp(`service-b\\.yaml:${line}$`) }).waitFor();
    expect(await at.page.getByLabel('ms late').inputValue()).toBe('1234');
    await writeFile(
      file,
      before.replace(
        'name: service-b/release-v3',
        '$&\n      fault: { delay: { fixedDelay: 7s, percentage: { value: 100 } } }',
      ),
    );
    await expect.poll(() => at.page.getByLabel('ms late').inputValue(), patient).toBe('7000');
    await writeFile(file, before);
    await expect.poll(() => at.page.getByLabel('ms late').inputValue(), patient).toBe('2000');
  });

  it('the routes of a lane are taken out and put back from its version', async () => {
    await version('service-b', 'release-v3').click();
    await button('Remove this colour’s routes …').click();
    await button('Make this change').click();
    await at.page.locator('.version-panel .warn', { hasText: 'no route leads here' }).waitFor();
    await at.page.keyboard.press('Escape');
    await button('Send one request: release-v3').click();
    await at.page.getByRole('button', { name: 'Requests' }).click();
    await expect.poll(trails, patient).toEqual(['release ↩ → release ↩']);
    await version('service-b', 'release-v3').click();
    await button('Route this colour here …').click();
    await button('Make this change').click();
    await expect.poll(() => at.page.locator('.version-panel .warn').count(), patient).toBe(0);
    await at.page.keyboard.press('Escape');
    await button('Send one request: release-v3').click();
    await expect.poll(trails, patient).toContain('release ↩ → release-v3');
    await writeFile(file, before);
  });

  it('a rule that is worth a word is in force, with the word beside it, and where requests get 503', async () => {
    // By another name than its version's, so that no fallback stands for it.
    const nowhere = before.replace('subset: release-v3 }', 'subset: release-v7 }');
    await writeFile(file, nowhere.replace('name: service-b/release-v3', 'name: elsewhere'));
    await at.page.locator('.remarks li', { hasText: /service-b\.yaml:\d+.*release-v7/ }).waitFor();
    await at.page
      .locator('h2.service', { hasText: 'service-b' })
      .getByRole('button', { name: 'release-v3 gets 503' })
      .click();
    await at.page.locator('.notice', { hasText: 'take its route out under Rules' }).waitFor();
    await writeFile(file, before);
    await expect.poll(() => at.page.locator('.remarks li').count(), patient).toBe(0);
    await expect.poll(() => at.page.locator('h2.service .warn').count(), patient).toBe(0);
  });

  it('a file with a mistake is not in force, and the page says why and where', async () => {
    await writeFile(file, before.replace('exact: release-v3', 'exakt: release-v3'));
    await at.page.locator('.problem', { hasText: /service-b\.yaml:\d+.*exakt/ }).waitFor();
    await writeFile(file, before);
    await expect.poll(() => at.page.locator('.problem').count(), patient).toBe(0);
  });
});
