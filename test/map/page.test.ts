/** The page of the traffic map in a real browser, over a mesh that says what the test wants. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { serveMap, type TrafficMap } from '../../map/server.ts';
import { FakeSource, serviceView } from '../../map/testing.ts';
import { joinHops } from '../../trace/join.ts';
import { hop } from '../../trace/testing.ts';
import { chromiumPath, inBrowser, launch, openPage } from './browser.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });
const patient = { timeout: 30_000 };

describe.skipIf(!chromiumPath)(inBrowser, () => {
  let browser: Browser;
  let source: FakeSource;
  let map: TrafficMap;
  let page: Page | undefined;
  const faults: string[] = [];

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    source = new FakeSource();
    source.colors = ['v1', 'v2'];
    source.services = [serviceView('a', ['b'], ['release', 'v1']), serviceView('b', [], ['release', 'v1'])];
    map = await serveMap(source, 0);
  });
  afterEach(async () => {
    await page?.context().close();
    page = undefined;
    await map.close();
    expect(faults.splice(0)).toEqual([]);
  });

  async function open(options = {}): Promise<Page> {
    page = await openPage(browser, map.url, faults, options);
    await page.locator('.box.version').first().waitFor();
    return page;
  }

  const lost = () =>
    joinHops([
      hop('gateway > a/v1', 'v1', { requestId: 'lost' }),
      hop('a/v1 > b/release', undefined, { requestId: 'lost', startedAt: 1_002, durationMs: 5 }),
    ]);

  it('names who lost a colour', async () => {
    const page = await open();
    source.request(lost());
    await page.locator('.requests li.bad-row', { hasText: 'lost the colour' }).click();
    await page
      .locator('.held .bad', { hasText: 'a/v1 dropped the colour: v1 came in, none went out.' })
      .waitFor();
    // This mesh remembers nothing, and the browser notes that.
    await page.locator('.held .bad', { hasText: 'too long ago' }).waitFor();
    expect(faults.splice(0)).toEqual([expect.stringContaining('404')]);
  });

  it('shows a colour that a version of another lane serves, and marks the version whose colour it is', async () => {
    const [a] = source.services;
    if (!a) throw new Error('two services');
    const marked = a.versions.map((version) =>
      version.name === 'v1' ? { ...version, marks: [{ type: 'wrong-lane' as const, by: ['v2'] }] } : version,
    );
    source.services = [{ ...a, versions: marked }];
    const page = await open();
    await page.locator('.box.marked', { hasText: 'wrong lane' }).click();
    await page.locator('.version-panel .warn', { hasText: 'versions of other lanes too: v2' }).waitFor();
    await page.keyboard.press('Escape');
    source.request(joinHops([hop('gateway > a/v1', 'v2', { requestId: 'wrong' })]));
    source.request(joinHops([hop('gateway > a/release', 'v2', { requestId: 'fallback' })]));
    await page.locator('.requests li', { hasText: 'release ↩' }).waitFor();
    await page.getByLabel('only what went wrong').check();
    await expect.poll(() => page.locator('.requests li.bad-row').count(), patient).toBe(1);
    await page.locator('.requests li', { hasText: 'v1 ⇄' }).click();
    await page.locator('.held .bad', { hasText: 'wrong lane: neither' }).waitFor();
    // This mesh remembers nothing, and the browser notes that.
    await page.locator('.held .bad', { hasText: 'too long ago' }).waitFor();
    expect(faults.splice(0)).toEqual([expect.stringContaining('404')]);
  });

  it('filters by colour, version and failure', async () => {
    const page = await open();
    for (const [id, color, status] of [
      ['1', 'v1', 200],
      ['2', 'v2', 200],
      ['3', 'v1', 503],
    ] as const) {
      source.request(
        joinHops([hop(`gateway > a/${color === 'v1' ? 'v1' : 'release'}`, color, { requestId: id, status })]),
      );
    }
    const rows = () => page.locator('.requests li').count();
    await expect.poll(rows, patient).toBe(3);
    await page.getByLabel('every colour').selectOption('v1');
    await expect.poll(rows).toBe(2);
    await page.getByLabel('only what went wrong').check();
    await expect.poll(rows).toBe(1);
    await page.getByLabel('every version').selectOption('b/release');
    await expect.poll(rows).toBe(0);
  });

  it('many requests make a thick stream, and few a thin one', async () => {
    const page = await open();
    for (let i = 0; i < 400; i++)
      source.request(
        joinHops([
          hop(`gateway > a/${i < 396 ? 'v1' : 'release'}`, i < 396 ? 'v1' : undefined, { requestId: `${i}` }),
        ]),
      );
    const widths = () =>
      page.locator('.edge').evaluateAll((all) => all.map((one) => Number(one.getAttribute('stroke-width'))));
    await expect.poll(async () => (await widths()).length, patient).toBe(2);
    const [thin = 0, thick = 0] = (await widths()).sort((a, b) => a - b);
    expect(thick).toBeGreaterThan(3 * thin);
    await page.locator('p', { hasText: 'more, not shown one by one' }).waitFor();
  });

  it('marks a version that nobody can reach, and a route to nothing', async () => {
    const [a, b] = source.services;
    if (!a || !b) throw new Error('two services');
    const marked = a.versions.map((version) =>
      version.name === 'v1' ? { ...version, marks: [{ type: 'no-route' as const }] } : version,
    );
    source.services = [
      { ...a, versions: marked },
      { ...b, routesToNothing: ['v2'] },
    ];
    const page = await open();
    await page.locator('.box.marked', { hasText: 'no route leads here' }).click();
    expect(await page.locator('.version-panel').textContent()).toContain('give its colour a route');
    await page.locator('h2.service .warn').click();
    await page
      .getByRole('alert')
      .filter({ hasText: 'v2 gets 503. Deploy it, or take its route out' })
      .waitFor();
  });

  it('marks a version by a sign where words have no room; names are whole, boxes apart', async () => {
    const versions = ['release', 'release-v1', 'release-v2', 'release-v3', 'release-v4'];
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    source.services = names.map((name, i) => {
      const view = serviceView(name, names.slice(i + 1, i + 2), versions);
      const marks = [{ type: 'not-ready' as const, fallsBack: true }];
      return { ...view, versions: view.versions.map((one) => ({ ...one, ready: 0, marks })) };
    });
    const page = await open({ viewport: { width: 1000, height: 700 } });
    await page.locator('.compact').waitFor();
    const box = page.locator('.box.version', { hasText: 'release-v1' }).first();
    await expect.poll(() => box.locator('small').textContent(), patient).toBe('⚠ ↩');
    const [around, name, sign, below] = await Promise.all([
      ...[box, box.locator('strong'), box.locator('small')].map((one) => one.boundingBox()),
      page.locator('.box.version', { hasText: 'release-v2' }).first().boundingBox(),
    ]);
    if (!around || !name || !sign || !below) throw new Error('not in the picture');
    expect(name.x + name.width).toBeLessThanOrEqual(sign.x);
    expect(sign.x + sign.width).toBeLessThanOrEqual(around.x + around.width);
    expect(around.y + around.height).toBeLessThanOrEqual(below.y);
  });

  it('places services that branch in columns, those of one step below each other', async () => {
    const versions = ['release', 'v1'];
    source.services = [
      serviceView('web', ['api', 'search'], versions),
      serviceView('api', ['db'], versions),
      serviceView('search', ['db'], versions),
      serviceView('db', [], versions),
    ];
    const page = await open({ viewport: { width: 1600, height: 900 } });
    const left = async (name: string) =>
      (await page.locator('h2.service', { hasText: new RegExp(`^\\s*${name}\\s*$`) }).boundingBox())?.x;
    await expect.poll(async () => (await left('api')) === (await left('search')), patient).toBe(true);
    const [web, api, db] = await Promise.all([left('web'), left('api'), left('db')]);
    expect(web).toBeLessThan(api ?? 0);
    expect(api).toBeLessThan(db ?? 0);
  });

  it('speaks Chinese to a browser that does, and English by a switch', async () => {
    const page = await open({ locale: 'zh-CN' });
    await page.getByRole('button', { name: '发送五个' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh');
    expect(await page.title()).toBe('流量地图');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: 'Send the five' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Send the five' }).waitFor();
  });

  it('draws no dots for who wants no motion', async () => {
    const page = await open({ reducedMotion: 'reduce' });
    expect(await page.getByRole('button', { name: 'Dots' }).getAttribute('aria-pressed')).toBe('false');
    source.request(lost());
    await page.locator('.requests li').first().waitFor();
    expect(await inked(page)).toBe(false);
    await page.getByRole('button', { name: 'Dots' }).click();
    source.request(joinHops([hop('gateway > a/v1', 'v1', { requestId: 'next' })]));
    await expect.poll(() => inked(page), patient).toBe(true);
    // Chromium would have this test read the canvas in another way.
    expect(faults.splice(0).filter((fault) => !fault.includes('getImageData'))).toEqual([]);
  });

  /** Whether anything is on the canvas. */
  const inked = (page: Page) =>
    page.evaluate<boolean>(`{
      const canvas = document.querySelector('canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width || 1, canvas.height || 1);
      data.some((byte) => byte > 0);
    }`);

  it.each([360, 1920])('fits a screen of %i pixels', async (width) => {
    const page = await open({ viewport: { width, height: 800 } });
    await page.getByRole('button', { name: 'Large type' }).click();
    const overflow = () =>
      page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    await expect.poll(overflow).toBe(0);
  });

  it('says that the mesh is gone, and comes back by itself', async () => {
    const state = await mkdtemp(join(tmpdir(), 'map-state-'));
    vi.stubEnv('XDG_STATE_HOME', state);
    try {
      const port = await getPort();
      await map.close();
      map = await serveMap(source, port);
      const page = await open();
      await map.close();
      await page.locator('.link.down', { hasText: 'does not answer' }).waitFor();
      source.services = [serviceView('another', [], ['release'])];
      map = await serveMap(source, port);
      await page.locator('h2.service', { hasText: 'another' }).waitFor();
      await page.locator('.link.up').waitFor();
      // What the browser says of the connection that broke is right.
      expect(faults.splice(0).filter((fault) => !/ERR_(CONNECTION|INCOMPLETE|EMPTY)/.test(fault))).toEqual(
        [],
      );
    } finally {
      vi.unstubAllEnvs();
      await rm(state, { recursive: true });
    }
  });
});
