/** The traffic map in a real browser, over lanes that really run. */
import { execFileSync } from 'node:child_process';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LocalFeed } from '../map/local/feed.ts';
import { openLocalMap } from '../map/local/open.ts';
import type { TrafficMap } from '../map/server.ts';
import { type RunningLanes, runLanes } from './running-lanes.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 });

const executablePath = chromiumHere();

function chromiumHere(): string | undefined {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // another one, perhaps
    }
  }
  return undefined;
}

describe.skipIf(!executablePath)(
  `in a browser${executablePath ? '' : ': SKIPPED, there is no chromium'}`,
  () => {
    let browser: Browser;
    let lanes: RunningLanes;
    let map: TrafficMap;
    let page: Page;
    /** What a page must not do: say something in the console, or ask another host. */
    const faults: string[] = [];

    beforeAll(async () => {
      const feed = new LocalFeed();
      [browser, lanes] = await Promise.all([
        chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] }),
        runLanes('lanes.yaml', 'istio', 'ALLOW_ANY', feed),
      ]);
      map = await openLocalMap({ local: lanes, feed, rules: lanes.rules, probe: { path: '/' } }, 0);
    });
    afterAll(async () => {
      await browser?.close();
      await map?.close();
      await lanes?.stop();
    });

    beforeEach(async () => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-US' });
      page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on('console', (message) => faults.push(`console: ${message.text()}`));
      page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
      page.on('request', (request) => {
        if (new URL(request.url()).port !== String(map.port)) faults.push(`request: ${request.url()}`);
      });
      await page.goto(map.url);
      await page.locator('.box.version').first().waitFor();
    });
    afterEach(async () => {
      await page.context().close();
      expect(faults.splice(0)).toEqual([]);
    });

    const trails = () => page.locator('.requests .trail').allTextContents();

    it('shows gateway, services and versions, and the five requests of S1 by one click', async () => {
      expect(await page.locator('h2.service').allTextContents()).toEqual(['service-a', 'service-b']);
      expect(await page.locator('.box strong').allTextContents()).toEqual([
        'gateway',
        ...['release', 'release-v1', 'release-v2'],
        ...['release', 'release-v1', 'release-v3'],
      ]);
      await page.getByRole('button', { name: 'Send the five' }).click();
      await expect
        .poll(trails, { timeout: 20_000 })
        .toEqual(
          [
            'release → release',
            'release-v1 → release-v1',
            'release-v2 → release ↩',
            'release ↩ → release-v3',
            'release ↩ → release ↩',
          ].toReversed(),
        );
    });

    it('a click on a request says why it went there', async () => {
      await page.getByRole('button', { name: 'Send one request: release-v3' }).click();
      await page.locator('.requests button').first().click();
      const hops = page.locator('.hop');
      await expect.poll(() => hops.count()).toBe(2);
      await page.locator('.tried').first().waitFor();
      expect(await hops.first().locator('.tried').textContent()).toMatch(
        /service-a\/release-v1 \S*service-a\.yaml:\d+\s*header project-version is "release-v3", not exactly "release-v1"/,
      );
      expect(await hops.last().locator('.matched').textContent()).toMatch(
        /service-b\/release-v3 \S*service-b\.yaml:\d+\s*decides/,
      );
      expect(await page.locator('.box.on-path').count()).toBe(2);
    });

    it.each(['light', 'dark'] as const)('axe finds nothing to complain about (%s)', async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await page.reload();
      await page.getByRole('button', { name: 'Send the five' }).click();
      await page.locator('.requests button').first().click();
      await page.locator('.tried').first().waitFor();
      expect(await complaints()).toEqual([]);
      await page.getByRole('button', { name: /Back/ }).click();
      await page.getByRole('button', { name: 'Rules' }).click();
      expect(await complaints()).toEqual([]);
    });

    /** Of axe-core, which looks at the page as the browser made it. */
    async function complaints(): Promise<string[]> {
      const { violations } = await page.evaluate<axe.AxeResults>(`${axe.source}; axe.run()`);
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message}`),
      );
    }
  },
);
