/** The map of lanes that really run, in a real browser, for the tests of a file. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { LocalFeed } from '../../map/local/feed.ts';
import { openLocalMap } from '../../map/local/open.ts';
import type { TrafficMap } from '../../map/server.ts';
import { type RunningLanes, runLanes } from '../running-lanes.ts';
import { launch, openPage } from './browser.ts';

/** A busy computer takes its time. */
export const patient = { timeout: 30_000 };

export interface MapOfLanes {
  readonly browser: Browser;
  readonly lanes: RunningLanes;
  /** Opened anew for each test. */
  readonly page: Page;
  /** What the page must not do (openPage); has to be empty at the end of a test. */
  readonly faults: string[];
  button(name: string | RegExp): ReturnType<Page['getByRole']>;
  /** The box of a version. */
  version(service: string, name: string): ReturnType<Page['getByRole']>;
  /** Those of the requests in the list, the newest first. */
  trails(): Promise<string[]>;
  isReady(service: string, name: string): Promise<void>;
}

/** To be called in a `describe`: starts lanes, map and browser before its tests, and opens a page for each. */
export function mapOfLanes(): MapOfLanes {
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

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const version = (service: string, name: string) => button(new RegExp(`^${service} ${name} `));
  return {
    get browser() {
      return browser;
    },
    get lanes() {
      return lanes;
    },
    get page() {
      return page;
    },
    faults,
    button,
    version,
    trails: () => page.locator('.requests .trail').allTextContents(),
    isReady: (service, name) =>
      expect.poll(() => version(service, name).getAttribute('class'), patient).toMatch(/\bready\b/),
  };
}
