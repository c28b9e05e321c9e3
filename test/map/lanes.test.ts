/** The traffic map in a real browser, over lanes that really run: what it shows, and what becomes of versions. */
import axe from 'axe-core';
import { describe, expect, it, vi } from 'vitest';
import { chromiumPath, inBrowser } from './browser.ts';
import { mapOfLanes, patient } from './map-of-lanes.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

describe.skipIf(!chromiumPath)(inBrowser, () => {
  const at = mapOfLanes();
  const { button, version, trails, isReady } = at;

  it('shows gateway, services and versions, and the five requests of S1 by one click', async () => {
    expect(await at.page.locator('h2.service').allTextContents()).toEqual(['service-a', 'service-b']);
    expect(await at.page.locator('.box strong').allTextContents()).toEqual([
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
    await expect.poll(() => at.page.locator('.edge').count(), patient).toBe(7);
    await expect
      .poll(() => at.page.locator('.edge-label').first().textContent(), patient)
      .toMatch(/\/s.* ms/);
  });

  it('a click on a request says why it went there', async () => {
    await button('Send one request: release-v3').click();
    await at.page.locator('.requests button').first().click();
    const hops = at.page.locator('.hop');
    await expect.poll(() => hops.count(), patient).toBe(2);
    await at.page.locator('.tried').first().waitFor();
    expect(await hops.first().locator('.tried').textContent()).toMatch(
      /service-a\/release-v1 \S*service-a\.yaml:\d+\s*header project-version is "release-v3", not exactly "release-v1"/,
    );
    expect(await hops.last().locator('.matched').textContent()).toMatch(
      /service-b\/release-v3 \S*service-b\.yaml:\d+\s*decides/,
    );
    expect(await hops.last().locator('tr', { hasText: 'project-version' }).textContent()).toContain(
      'release-v3',
    );
    expect(await at.page.locator('.box.on-path').count()).toBe(2);
  });

  it('a colour that no version can have, by the keyboard alone', async () => {
    await at.page.getByLabel('any colour').focus();
    await at.page.keyboard.press('Control+a');
    await at.page.keyboard.type('Release_V1');
    await at.page.keyboard.press('Enter');
    await expect.poll(trails, patient).toEqual(['release → release']);
    await at.page.locator('.requests button').first().focus();
    await at.page.keyboard.press('Enter');
    await at.page.locator('.held .tried').first().waitFor();
    await at.page.keyboard.press('Escape');
    await at.page.locator('.requests button:focus').waitFor();
    expect(await at.page.locator('.held').count()).toBe(0);
    await version('service-a', 'release-v2').focus();
    await at.page.keyboard.press('Enter');
    expect(await at.page.locator('.version-panel h2').textContent()).toContain('service-a release-v2');
  });

  it('a version that is stopped is marked, its colour falls back; it comes back', async () => {
    await version('service-a', 'release-v1').click();
    await button(/^stop$/).click();
    await at.page.locator('.version-panel .warn', { hasText: 'the baseline serves its colour' }).waitFor();
    await at.page.keyboard.press('Escape');
    await button('Send one request: release-v1').click();
    await expect.poll(trails, patient).toEqual(['release ↩ → release-v1']);
    await version('service-a', 'release-v1').click();
    await button(/^run$/).click();
    await isReady('service-a', 'release-v1');
    await at.page.keyboard.press('Escape');
    await button('Send one request: release-v1').click();
    await expect.poll(trails, patient).toContain('release-v1 → release-v1');
  });

  it('a version that fails on purpose is seen to fail, where it did', async () => {
    await version('service-b', 'release-v3').click();
    await button(/^fail/).click();
    await at.page.keyboard.press('Escape');
    const failed = at.page.locator('.requests .bad-row').first();
    await expect
      .poll(async () => {
        await button('Send one request: release-v3').click();
        return (await failed.count()) > 0 ? failed.textContent() : '';
      }, patient)
      .toMatch(/release-v3.*50\d/);
    await at.page.getByLabel('only what went wrong').check();
    expect(await at.page.locator('.requests li').count()).toBeGreaterThan(0);
    await version('service-b', 'release-v3').click();
    await button(/^run$/).click();
    await isReady('service-b', 'release-v3');
  });

  it('a version that is made not ready gets nothing: its colour falls back', async () => {
    await version('service-b', 'release-v3').click();
    await button(/^not ready$/).click();
    await at.page.locator('.version-panel .warn', { hasText: 'the baseline serves its colour' }).waitFor();
    await at.page.keyboard.press('Escape');
    await button('Send one request: release-v3').click();
    await expect.poll(trails, patient).toEqual(['release ↩ → release ↩']);
    await version('service-b', 'release-v3').click();
    await button(/^run$/).click();
    await isReady('service-b', 'release-v3');
  });

  it('a version that is made slow is seen to be, in the list and on the way to it', async () => {
    await version('service-b', 'release-v3').click();
    await button(/^slow/).click();
    await at.page.keyboard.press('Escape');
    const newest = at.page.locator('.requests .outcome').first();
    await expect
      .poll(async () => {
        await button('Send one request: release-v3').click();
        return Number(/([\d.]+) ms/.exec((await newest.textContent({ timeout: 5_000 })) ?? '')?.[1]);
      }, patient)
      .toBeGreaterThan(1_900);
    await version('service-b', 'release-v3').click();
    const row = at.page.locator('.figures tr', { hasText: 'service-a/release' });
    await expect
      .poll(async () => Number(await row.locator('td').last().textContent()), patient)
      .toBeGreaterThan(1_500);
    await button(/^run$/).click();
    await isReady('service-b', 'release-v3');
  });

  it('shows how an edge was in the last minutes, as lines', async () => {
    await button('Send the five').click();
    await version('service-b', 'release').click();
    const lines = at.page.getByRole('img', {
      name: /^service-a\/release > service-b\/release in the last three/,
    });
    await expect.poll(() => lines.locator('canvas').count(), patient).toBe(3);
    await button('service-a/release-v2').click();
    await at.page
      .getByRole('img', { name: /^service-a\/release-v2 > service-b\/release/ })
      .locator('canvas')
      .first()
      .waitFor();
  });

  it('a link opens a lane in the browser, through all hops', async () => {
    const { port } = at.lanes.mesh.gateway;
    const tab = await at.browser.newPage();
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
    await at.page.emulateMedia({ colorScheme });
    await at.page.reload();
    await button('Send the five').click();
    await at.page.locator('.requests button').first().click();
    await at.page.locator('.tried').first().waitFor();
    expect(await complaints()).toEqual([]);
    await button(/Back/).click();
    await button('Rules').click();
    await at.page.getByLabel('Change the route service-b/release-v3').click();
    await version('service-a', 'release-v1').click();
    await at.page.locator('.over-time canvas').first().waitFor();
    expect(await complaints()).toEqual([]);
  });

  it('says in the language of the reader what a route asks for', async () => {
    await button('Rules').click();
    const match = (text: string) => at.page.locator('.table .match').getByText(text, { exact: true });
    await match('host begins with release-v1.localhost, no project-version').waitFor();
    await match('path = /.lane/').waitFor();
    await button('中文').click();
    await match('主机名 开头为 release-v1.localhost，没有 project-version').waitFor();
    await match('路径 = /.lane/').waitFor();
  });

  it('nor on a phone, in Chinese, in large type', async () => {
    await at.page.setViewportSize({ width: 360, height: 740 });
    expect(await at.page.locator('.mesh').textContent()).toBe('local mesh');
    await button('中文').click();
    expect(await at.page.locator('.mesh').textContent()).toBe('本地网格');
    await button('大字').click();
    await button('发送五个').click();
    await at.page.locator('.edge').first().waitFor({ state: 'attached' });
    expect(await complaints()).toEqual([]);
    await button('大字').click();
    await at.page.locator('.requests button').first().click();
    await at.page.locator('.tried').first().waitFor();
    expect(await complaints()).toEqual([]);
  });

  /** Of axe-core, which looks at the at.page as the browser made it. */
  async function complaints(): Promise<string[]> {
    const { violations } = await at.page.evaluate<axe.AxeResults>(`${axe.source}; axe.run()`);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message}`),
    );
  }
});
