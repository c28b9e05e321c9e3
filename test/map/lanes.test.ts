/** The traffic map in a real browser, over lanes that really run. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LocalFeed } from '../../map/local/feed.ts';
import { openLocalMap } from '../../map/local/open.ts';
import type { TrafficMap } from '../../map/server.ts';
import { type RunningLanes, runLanes } from '../running-lanes.ts';
import { chromiumPath, inBrowser, launch, openPage } from './browser.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });
const patient = { timeout: 30_000 };

describe.skipIf(!chromiumPath)(inBrowser, () => {
  let browser: Browser;
  let lanes: RunningLanes;
  let map: TrafficMap;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    const feed = new LocalFeed();
    [browser, lanes] = await Promise.all([launch(), runLanes('lanes.yaml', 'istio', 'ALLOW_ANY', feed)]);
    map = await openLocalMap({ local: lanes, feed, rules: lanes.rules, probe: { path: '/' } }, 0);
  });
  afterAll(async () => {
    await browser?.close();
    await map?.close();
    await lanes?.stop();
  });

  beforeEach(async () => {
    page = await openPage(browser, map.url, faults);
    await page.locator('.box.version').first().waitFor();
  });
  afterEach(async () => {
    await page.context().close();
    expect(faults.splice(0)).toEqual([]);
  });

  const trails = () => page.locator('.requests .trail').allTextContents();
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const version = (service: string, name: string) => button(new RegExp(`^${service} ${name} `));
  const isReady = (service: string, name: string) =>
    expect.poll(() => version(service, name).getAttribute('class'), patient).toMatch(/\bready\b/);

  it('shows gateway, services and versions, and the five requests of S1 by one click', async () => {
    expect(await page.locator('h2.service').allTextContents()).toEqual(['service-a', 'service-b']);
    expect(await page.locator('.box strong').allTextContents()).toEqual([
      'gateway',
      ...['release', 'release-v1', 'release-v2'].map((name) => `service-a ${name}`),
      ...['release', 'release-v1', 'release-v3'].map((name) => `service-b ${name}`),
    ]);
    await button('Send the five').click();
    await expect
      .poll(trails, patient)
      .toEqual([
        'release ↩ → release ↩',
        'release ↩ → release-v3',
        'release-v2 → release ↩',
        'release-v1 → release-v1',
        'release → release',
      ]);
    // An edge for each way that was taken, with its figures.
    await expect.poll(() => page.locator('.edge').count(), patient).toBe(7);
    await expect.poll(() => page.locator('.edge-label').first().textContent(), patient).toMatch(/\/s.* ms/);
  });

  it('a click on a request says why it went there', async () => {
    await button('Send one request: release-v3').click();
    await page.locator('.requests button').first().click();
    const hops = page.locator('.hop');
    await expect.poll(() => hops.count(), patient).toBe(2);
    await page.locator('.tried').first().waitFor();
    expect(await hops.first().locator('.tried').textContent()).toMatch(
      /service-a\/release-v1 \S*service-a\.yaml:\d+\s*header project-version is "release-v3", not exactly "release-v1"/,
    );
    expect(await hops.last().locator('.matched').textContent()).toMatch(
      /service-b\/release-v3 \S*service-b\.yaml:\d+\s*decides/,
    );
    expect(await hops.last().locator('tr', { hasText: 'project-version' }).textContent()).toContain(
      'release-v3',
    );
    expect(await page.locator('.box.on-path').count()).toBe(2);
  });

  it('a colour that no version can have, by the keyboard alone', async () => {
    await page.getByLabel('any colour').focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('Release_V1');
    await page.keyboard.press('Enter');
    await expect.poll(trails, patient).toEqual(['release → release']);
    await page.locator('.requests button').first().focus();
    await page.keyboard.press('Enter');
    await page.locator('.held .tried').first().waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.held').count()).toBe(0);
    await version('service-a', 'release-v2').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('.version-panel h2').textContent()).toContain('service-a release-v2');
  });

  it('a version that is stopped is marked, its colour falls back; it comes back', async () => {
    await version('service-a', 'release-v1').click();
    await button(/^stop$/).click();
    await page.locator('.version-panel .warn', { hasText: 'the baseline serves its colour' }).waitFor();
    await page.keyboard.press('Escape');
    await button('Send one request: release-v1').click();
    await expect.poll(trails, patient).toEqual(['release ↩ → release-v1']);
    await version('service-a', 'release-v1').click();
    await button(/^run$/).click();
    await isReady('service-a', 'release-v1');
    await page.keyboard.press('Escape');
    await button('Send one request: release-v1').click();
    await expect.poll(trails, patient).toContain('release-v1 → release-v1');
  });

  it('a version that fails on purpose is seen to fail, where it did', async () => {
    await version('service-b', 'release-v3').click();
    await button(/^fail/).click();
    await page.keyboard.press('Escape');
    const failed = page.locator('.requests .bad-row').first();
    await expect
      .poll(async () => {
        await button('Send one request: release-v3').click();
        return (await failed.count()) > 0 ? failed.textContent() : '';
      }, patient)
      .toMatch(/release-v3.*50\d/);
    await page.getByLabel('only what went wrong').check();
    expect(await page.locator('.requests li').count()).toBeGreaterThan(0);
    await version('service-b', 'release-v3').click();
    await button(/^run$/).click();
    await isReady('service-b', 'release-v3');
  });

  it('a version that is made not ready gets nothing: its colour falls back', async () => {
    await version('service-b', 'release-v3').click();
    await button(/^not ready$/).click();
    await page.locator('.version-panel .warn', { hasText: 'the baseline serves its colour' }).waitFor();
    await page.keyboard.press('Escape');
    await button('Send one request: release-v3').click();
    await expect.poll(trails, patient).toEqual(['release ↩ → release ↩']);
    await version('service-b', 'release-v3').click();
    await button(/^run$/).click();
    await isReady('service-b', 'release-v3');
  });

  it('a version that is made slow is seen to be, in the list and on the way to it', async () => {
    await version('service-b', 'release-v3').click();
    await button(/^slow/).click();
    await page.keyboard.press('Escape');
    const newest = page.locator('.requests .outcome').first();
    await expect
      .poll(async () => {
        await button('Send one request: release-v3').click();
        return Number(/([\d.]+) ms/.exec((await newest.textContent({ timeout: 5_000 })) ?? '')?.[1]);
      }, patient)
      .toBeGreaterThan(1_900);
    await version('service-b', 'release-v3').click();
    const row = page.locator('.figures tr', { hasText: 'service-a/release' });
    await expect
      .poll(async () => Number(await row.locator('td').last().textContent()), patient)
      .toBeGreaterThan(1_500);
    await button(/^run$/).click();
    await isReady('service-b', 'release-v3');
  });

  it('shows how an edge was in the last minutes, as lines', async () => {
    await button('Send the five').click();
    await version('service-b', 'release').click();
    const lines = page.getByRole('img', {
      name: /^service-a\/release > service-b\/release in the last three/,
    });
    await expect.poll(() => lines.locator('canvas').count(), patient).toBe(3);
    await button('service-a/release-v2').click();
    await page
      .getByRole('img', { name: /^service-a\/release-v2 > service-b\/release/ })
      .locator('canvas')
      .first()
      .waitFor();
  });

  describe('a change of the rules', () => {
    let file: string;
    let before: string;
    beforeEach(async () => {
      file = join(lanes.rules, 'service-b.yaml');
      before = await readFile(file, 'utf8');
      await button('Rules').click();
      await page.getByLabel('Change the route service-b/release-v3').click();
    });

    it('is shown, made, in force at once, and taken back', async () => {
      await page.getByLabel('ms late').fill('1500');
      await page.locator('.editor fieldset', { hasText: 'ms late' }).getByRole('button').click();
      const added = page.locator('.diff .added');
      await added.waitFor();
      expect(await added.textContent()).toContain('fixedDelay: 1.500s');
      expect(await readFile(file, 'utf8')).toBe(before);
      await button('Make this change').click();
      await page.locator('.table .warn', { hasText: '1500 ms late' }).waitFor();
      expect(await readFile(file, 'utf8')).toContain('fixedDelay: 1.500s');
      await button(/Take the last change back/).click();
      await expect.poll(() => page.locator('.table .warn').count(), patient).toBe(0);
      expect(await readFile(file, 'utf8')).toBe(before);
    });

    it('is made and taken back by the keyboard alone', async () => {
      const press = async (name: string | RegExp) => {
        await button(name).first().focus();
        await page.keyboard.press('Enter');
      };
      const share = page.locator('.share', { hasText: 'release-v1' }).locator('input');
      await share.focus();
      for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
      await press('Show the change …');
      await page.locator('.diff .added').first().waitFor();
      // The dialog has the focus, and gives it back where it is left.
      await page.keyboard.press('Escape');
      await expect.poll(() => page.locator('dialog[open]').count()).toBe(0);
      await press('Show the change …');
      await page.locator('.diff .added').first().waitFor();
      await press('Make this change');
      await page.locator('.table li', { hasText: '3 %' }).first().waitFor();
      expect(await readFile(file, 'utf8')).toMatch(/weight: 3\b/);
      await press(/Take the last change back/);
      await expect.poll(() => readFile(file, 'utf8'), patient).toBe(before);
    });

    it('does not overwrite what somebody else wrote while it was open', async () => {
      await button('Take this route out …').click();
      await page.locator('.diff .removed').first().waitFor();
      const theirs = `${before}# theirs\n`;
      await writeFile(file, theirs);
      await button('Make this change').click();
      await page.locator('.notice', { hasText: 'changed by somebody else' }).waitFor();
      expect(await readFile(file, 'utf8')).toBe(theirs);
      await writeFile(file, before);
      // The browser itself notes that the server said 409.
      expect(faults.splice(0)).toEqual([expect.stringContaining('409')]);
    });
  });

  it('a link opens a lane in the browser, through all hops', async () => {
    const { port } = lanes.mesh.gateway;
    const tab = await browser.newPage();
    await tab.goto(`http://release-v3.localhost:${port}/`);
    expect(await tab.locator('body').textContent()).toContain('release-v3');
    await tab.goto(`http://localhost:${port}/.lane/release-v1`);
    expect(tab.url()).toBe(`http://localhost:${port}/`);
    expect(await tab.locator('body').textContent()).toContain('release-v1');
    await tab.goto(`http://localhost:${port}/.lane/`);
    expect(await tab.locator('body').textContent()).toBe('release');
    await tab.close();
    // The browser asks for an icon besides.
    for (const trail of [
      'release ↩ → release-v3',
      'the gateway answers itself',
      'release-v1 → release-v1',
      'release → release',
    ])
      await expect.poll(trails, patient).toContain(trail);
  });

  it.each(['light', 'dark'] as const)('axe finds nothing to complain about (%s)', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.reload();
    await button('Send the five').click();
    await page.locator('.requests button').first().click();
    await page.locator('.tried').first().waitFor();
    expect(await complaints()).toEqual([]);
    await button(/Back/).click();
    await button('Rules').click();
    await page.getByLabel('Change the route service-b/release-v3').click();
    await version('service-a', 'release-v1').click();
    await page.locator('.over-time canvas').first().waitFor();
    expect(await complaints()).toEqual([]);
  });

  it('nor on a phone, in Chinese, in large type', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await button('中文').click();
    await button('大字').click();
    await button('发送五个').click();
    await page.locator('.edge').first().waitFor({ state: 'attached' });
    expect(await complaints()).toEqual([]);
    await button('大字').click();
    await page.locator('.requests button').first().click();
    await page.locator('.tried').first().waitFor();
    expect(await complaints()).toEqual([]);
  });

  /** Of axe-core, which looks at the page as the browser made it. */
  async function complaints(): Promise<string[]> {
    const { violations } = await page.evaluate<axe.AxeResults>(`${axe.source}; axe.run()`);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message}`),
    );
  }
});
