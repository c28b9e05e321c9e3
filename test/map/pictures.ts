/**
 * Makes the pictures of the map for README.md and map/README.md, from lanes that run: `node test/map/pictures.ts`. Needs the
 * distribution's chromium, and a font with Chinese characters.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { readLanes } from '../../lanes/lanes.ts';
import { startLocalLanes } from '../../local/local-lanes.ts';
import { LocalFeed } from '../../map/local/feed.ts';
import { openLocalMap } from '../../map/local/open.ts';
import type { TrafficMap } from '../../map/server.ts';
import { animatedWebp, type Frame } from './animated-webp.ts';
import { chromiumPath, launch, openPage } from './browser.ts';

const folder = 'docs/map';
const screen = { width: 1366, height: 768 };
const strip = { width: 1000, height: 460 };
/** Of the animation. */
const frameMs = 100;

if (!chromiumPath) throw new Error('There is no chromium on this computer.');
const feed = new LocalFeed();
const lanes = await readLanes('lanes.yaml');
const local = await startLocalLanes({ lanes, rules: 'istio', defaultNamespace: lanes.namespace, ...feed });
const browser = await launch();
const map = await openLocalMap({ local, feed, rules: 'istio', probe: { path: '/' } }, 0);
await local.settled;
await mkdir(folder, { recursive: true });
try {
  if (!process.argv.includes('--animation')) await stills(browser, map);
  const frames = await laneThatDies(browser, map);
  await writeFile(join(folder, 'lane-dies.webp'), animatedWebp(frames, strip));
} finally {
  await browser.close();
  await map.close();
  await local.stop(0);
}

async function stills(browser: Browser, map: TrafficMap): Promise<void> {
  for (const [name, colorScheme, locale, held] of [
    ['light', 'light', 'en-US', false],
    ['dark', 'dark', 'en-US', false],
    ['chinese', 'light', 'zh-CN', false],
    ['held', 'light', 'en-US', true],
  ] as const) {
    const page = await openPage(browser, map.url, [], { viewport: screen, colorScheme, locale });
    await page.locator('.box.version').first().waitFor();
    await page.locator('.stream button').first().click();
    await page.waitForTimeout(6_000);
    if (held) {
      await page.locator('.stream button').first().click();
      await page.waitForTimeout(2_000);
      await page.locator('.chip', { hasText: 'release-v3' }).click();
      await page
        .locator('.requests button', { hasText: /^release-v3/ })
        .first()
        .click();
      await page.locator('.tried').first().waitFor();
    }
    await page.screenshot({ path: join(folder, `${name}.png`) });
    // It would go on for the next page.
    await post(page, '/sending', null);
    await page.context().close();
  }
}

/** A version of service-a is stopped while requests of its colour are under way, and started again. */
async function laneThatDies(browser: Browser, map: TrafficMap): Promise<Frame[]> {
  const page = await openPage(browser, map.url, [], { viewport: strip, bypassCSP: true });
  await page.locator('.box.version').first().waitFor();
  await page.addStyleTag({
    content: `
      aside, .send, .legend, header, .edge-label, .box small:not(:has(.warn)) { display: none !important }
      main { grid-template-columns: 1fr !important }
      .caption { margin: 0; padding: 0 0 0.9rem; text-align: center; font-size: 1.5rem; font-weight: 600 }`,
  });
  const caption = (text: string) =>
    page.evaluate(`{
      const caption = document.querySelector('.caption') ?? document.createElement('p');
      caption.className = 'caption';
      caption.textContent = ${JSON.stringify(text)};
      document.querySelector('.left').append(caption);
    }`);
  await caption('Each colour gets its version, or else the baseline');
  // From here on the page's time goes on frame by frame, however long a frame takes to be taken.
  await page.clock.install();
  const devtools = await page.context().newCDPSession(page);
  const frames: Frame[] = [];
  const colors = ['release-v1', 'release-v1', 'release-v3', 'release-v1', 'release-v2', null];
  for (let i = 0; i < 120; i++) {
    if (i % 3 === 0) await ask(page, colors[(i / 3) % colors.length] ?? null);
    if (i === 40) {
      await control(page, 'stop');
      await caption('release-v1 of service-a dies: its colour falls back to release');
    }
    if (i === 88) {
      await control(page, 'run');
      await caption('It is back, and so is its colour');
    }
    await page.clock.runFor(frameMs);
    const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 40 });
    frames.push({ webp: Buffer.from(data, 'base64'), durationMs: frameMs });
  }
  await page.context().close();
  return frames;
}

function post(page: Page, path: string, body: unknown): Promise<unknown> {
  const headers = { origin: new URL(page.url()).origin };
  return page.context().request.post(new URL(path, page.url()).href, { data: body, headers });
}

function ask(page: Page, color: string | null): Promise<unknown> {
  return post(page, '/send', { colors: [color] });
}

async function control(page: Page, control: 'run' | 'stop'): Promise<void> {
  await post(page, '/control', { service: 'service-a', version: 'release-v1', control });
  const state = control === 'run' ? 'ready' : 'stopped';
  await page.locator(`.box.${state}`, { hasText: 'service-a release-v1' }).waitFor();
}
