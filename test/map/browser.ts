/** A real browser for tests of the map. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromiumPath, launch } from '../../bench/chromium.ts';

export { chromiumPath, launch };

/** For the title of tests. */
export const inBrowser = `in a browser${chromiumPath ? '' : ': SKIPPED, there is no chromium'}`;

/**
 * Opens a page of its own.
 * @param faults is told what a page must not do: say something in the console, or ask another host
 */
export async function openPage(
  browser: Browser,
  url: string,
  faults: string[],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  const { port } = new URL(url);
  page.on('request', (request) => {
    if (new URL(request.url()).port !== port) faults.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return page;
}
