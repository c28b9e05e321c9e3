/** How the page keeps up with its server, in a real browser: many tabs, and a server that hangs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { serveMap, type TrafficMap } from '../../map/server.ts';
import { FakeSource, serviceView } from '../../map/testing.ts';
import { chromiumPath, inBrowser, launch, openPage } from './browser.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });
const patient = { timeout: 30_000 };

describe.skipIf(!chromiumPath)(`the connection of the page ${inBrowser}`, () => {
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  afterEach(() => {
    expect(faults.splice(0)).toEqual([]);
  });

  describe('with many tabs', () => {
    let source: FakeSource;
    let map: TrafficMap;
    beforeEach(async () => {
      source = new FakeSource();
      source.services = [serviceView('a', [], ['release', 'v1'])];
      map = await serveMap(source, 0);
      page = await openPage(browser, map.url, faults);
    });
    afterEach(async () => {
      await page.context().close();
      await map.close();
    });

    /** Without a screen all tabs count as seen: they are told otherwise. */
    const show = (tab: Page, isShown: boolean) =>
      tab.evaluate(`{
        Object.defineProperty(document, 'hidden', { configurable: true, value: ${!isShown} });
        document.dispatchEvent(new Event('visibilitychange'));
      }`);

    it('each is served, and one that was hidden sees what it missed when it is shown', async () => {
      let last = page;
      await last.locator('.box.version').first().waitFor();
      for (let i = 0; i < 8; i++) {
        await show(last, false);
        last = await page.context().newPage();
        await last.goto(page.url());
        await last.locator('.box.version').first().waitFor();
      }
      const sent = last.waitForResponse(/send$/);
      await last.getByRole('button', { name: 'Send one request: v1' }).click();
      expect((await sent).status()).toBe(200);
      source.services = [serviceView('b', [], ['release'])];
      source.lanesChanged();
      await last.locator('h2.service', { hasText: 'b' }).waitFor();
      expect(await page.locator('h2.service').textContent()).toContain('a');
      await show(page, true);
      await page.locator('h2.service', { hasText: 'b' }).waitFor();
    });
  });

  describe('with a server that hangs', () => {
    let server: ChildProcess;
    beforeEach(async () => {
      const script = `
        import { serveMap } from './map/server.ts';
        import { FakeSource, serviceView } from './map/testing.ts';
        const source = new FakeSource();
        source.services = [serviceView('a', [], ['release', 'v1'])];
        console.log((await serveMap(source, 0)).url);`;
      server = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [url] = (await once(server.stdout ?? server, 'data')) as [Buffer];
      page = await openPage(browser, String(url).trim(), faults, { locale: 'zh-CN' });
      await page.locator('.box.version').first().waitFor();
    });
    afterEach(async () => {
      await page.context().close();
      server.kill('SIGKILL');
    });

    it('says so, and what to do at a click; both are over when it goes on', async () => {
      await page.locator('.link.up').waitFor();
      server.kill('SIGSTOP');
      await page.getByRole('button', { name: '发送五个' }).click();
      await page.locator('.link.down', { hasText: '没有响应' }).waitFor(patient);
      await page.locator('.notice', { hasText: 'fg' }).waitFor(patient);
      server.kill('SIGCONT');
      await page.locator('.link.up').waitFor(patient);
      await expect.poll(() => page.locator('.notice').count(), patient).toBe(0);
    });

    it('that has ended is not "Failed to fetch"', async () => {
      server.kill('SIGKILL');
      await page.locator('.link.down').waitFor(patient);
      await page.getByRole('button', { name: '发送五个' }).click();
      await page.locator('.notice', { hasText: '地图没有回应' }).waitFor();
      // What the browser says of the connection that broke is right.
      expect(faults.splice(0).filter((fault) => !/ERR_(CONNECTION|INCOMPLETE|EMPTY)/.test(fault))).toEqual(
        [],
      );
    });
  });
});
