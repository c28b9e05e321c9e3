/** Those whom the map does not let in, in a real browser, and what they may write into what it shows. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { requestView } from '../../map/request-view.ts';
import { serveMap, type TrafficMap } from '../../map/server.ts';
import { FakeSource, serviceView } from '../../map/testing.ts';
import { joinHops } from '../../trace/join.ts';
import { hop } from '../../trace/testing.ts';
import { chromiumPath, inBrowser, launch, openPage } from './browser.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });
const patient = { timeout: 30_000 };
/** A name of somebody else that leads to this computer. */
const rebound = 'rebound.example';
const script = '<img src=x onerror=alert(1)>"--><b onclick=alert(2)>';

describe.skipIf(!chromiumPath)(`strangers ${inBrowser}`, () => {
  let browser: Browser;
  let source: FakeSource;
  let map: TrafficMap;
  /** A browser that may use the map. */
  let context: BrowserContext;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    browser = await launch(`--host-resolver-rules=MAP ${rebound} 127.0.0.1`);
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    source = new FakeSource();
    source.services = [serviceView('a', ['b'], ['release', 'v1']), serviceView('b', [], ['release', 'v1'])];
    map = await serveMap(source, 0);
    page = await openPage(browser, map.url, faults);
    context = page.context();
    await page.locator('.box.version').first().waitFor();
    expect(faults.splice(0)).toEqual([]);
  });
  afterEach(async () => {
    await context.close();
    await map.close();
    faults.length = 0;
  });

  const address = (host = 'localhost') => `http://${host}:${map.port}/`;

  it('with a wrong token, or one that was used, get a sentence and no cookie', async () => {
    const { url } = map;
    await (await openPage(browser, url, faults)).context().close();
    for (const wrong of [url, `${address()}?token=wrong`, address()]) {
      const stranger = await browser.newContext();
      const tab = await stranger.newPage();
      const answer = await tab.goto(wrong);
      expect(answer?.status()).toBe(401);
      expect(await tab.locator('body').textContent()).toContain('Open the URL that was printed');
      expect(await stranger.cookies()).toEqual([]);
      await stranger.close();
    }
  });

  it('by a name that was rebound to this computer do not, with the token neither', async () => {
    const { searchParams } = new URL(map.url);
    for (const query of ['', `?${searchParams}`]) {
      const tab = await context.newPage();
      const answer = await tab.goto(address(rebound) + query);
      expect(answer?.status()).toBe(403);
      expect(await tab.locator('body').textContent()).toContain('The map answers to localhost only');
    }
    expect((await context.cookies()).map(({ domain }) => domain)).toEqual(['localhost']);
  });

  it('who follows a link of another site to the printed URL is let in, and sees no token any more', async () => {
    const html = `<a href="${map.url}">the map</a>`;
    const other = createServer((_, res) => res.setHeader('content-type', 'text/html').end(html));
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const stranger = await browser.newContext();
    const tab = await stranger.newPage();
    await tab.goto(`http://${rebound}:${(other.address() as AddressInfo).port}/`);
    await tab.getByRole('link').click();
    await tab.locator('.box.version').first().waitFor(patient);
    expect(tab.url()).toBe(address());
    await tab.reload();
    await tab.locator('.box.version').first().waitFor(patient);
    await stranger.close();
    other.close();
  });

  describe('a page of another port of this computer, to which the browser sends the cookie', () => {
    let other: Server;
    let tab: Page;
    beforeEach(async () => {
      other = createServer((_, res) => res.setHeader('content-type', 'text/html').end('<p>another page</p>'));
      await once(other.listen(0, '127.0.0.1'), 'listening');
      tab = await context.newPage();
      await tab.goto(`http://localhost:${(other.address() as AddressInfo).port}/`);
    });
    afterEach(() => other.close());

    it('changes nothing', async () => {
      const control = JSON.stringify({ service: 'a', version: 'v1', control: 'stop' });
      for (const type of ['application/json', 'text/plain']) {
        const statuses: number[] = [];
        tab.on('response', (response) => statuses.push(response.status()));
        await tab.evaluate(`fetch(${JSON.stringify(`${address()}control`)}, {
          method: 'POST', credentials: 'include', body: ${JSON.stringify(control)},
          mode: ${type === 'text/plain' ? "'no-cors'" : "'cors'"},
          headers: { 'content-type': '${type}' },
        }).catch(() => {})`);
        // Of the one that needs a preflight, not even that is answered with leave.
        expect(statuses.filter((status) => status < 400)).toEqual([]);
      }
      await tab.evaluate(`{
        const form = Object.assign(document.createElement('form'), {
          method: 'post', enctype: 'text/plain', action: ${JSON.stringify(`${address()}control`)},
        });
        const field = Object.assign(document.createElement('input'), { name: ${JSON.stringify(control)} });
        form.append(field);
        document.body.append(form);
        form.submit();
      }`);
      await tab.waitForURL(`${address()}control`);
      expect(await tab.locator('body').textContent()).toContain('A page of another site asked');
      expect(source.done).toEqual([]);
    });

    it('reads nothing: no events, no module, no frame', async () => {
      const outcome = await tab.evaluate(`Promise.all([
        new Promise((resolve) => {
          const events = new EventSource(${JSON.stringify(`${address()}events`)}, { withCredentials: true });
          events.onopen = () => resolve('read');
          events.onerror = () => resolve('refused');
        }),
        import(${JSON.stringify(`${address()}page/main.ts`)}).then(() => 'read', () => 'refused'),
        fetch(${JSON.stringify(address())}, { credentials: 'include' }).then(() => 'read', () => 'refused'),
      ])`);
      expect(outcome).toEqual(['refused', 'refused', 'refused']);
      await tab.evaluate(`{
        const frame = document.createElement('iframe');
        frame.src = ${JSON.stringify(address())};
        document.body.append(frame);
      }`);
      const [, frame] = tab.frames();
      await expect.poll(() => tab.frames().length).toBe(2);
      expect(await (frame ?? tab.frames()[1])?.locator('.box').count()).toBe(0);
    });
  });

  it('a service, a colour, a path or a header may be named as a script: it is shown as text', async () => {
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    const traced = joinHops([hop('gateway > a/v1', script, { requestId: 'x', path: `/${script}` })]);
    const request = requestView(traced);
    const headers = [[script, script]] as const;
    const tried = [{ name: script, place: script, matched: false, reason: script }];
    source.known.set('x', {
      request: { ...request, losses: [{ by: { service: script }, what: 'dropped', cameIn: script, hop: 0 }] },
      hops: [{ proxy: script, request: script, tried, destinations: [], headers }],
      rulesChanged: false,
    });
    source.colors = [script];
    source.services = [
      serviceView('a', [script], ['release', 'v1']),
      serviceView(script, [], ['release', script]),
    ];
    source.lanesChanged();
    source.request(traced);
    await page.locator('h2.service', { hasText: script }).waitFor();
    await page.locator('.requests button', { hasText: script }).click();
    await page.locator('.tried', { hasText: script }).waitFor();
    await page.locator('.held table', { hasText: script }).waitFor({ state: 'attached' });
    await page.keyboard.press('Escape');
    await page.locator('.box.version', { hasText: script }).last().click();
    await page.locator('.version-panel h2', { hasText: script }).waitFor();
    expect(await page.locator('img, body b[onclick]').count()).toBe(0);
    expect(dialogs).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('with more pages than may listen, one more says so, and comes when another goes', async () => {
    const [cookie] = await context.cookies();
    const headers = { cookie: `${cookie?.name}=${cookie?.value}` };
    const others = [];
    for (;;) {
      const stop = new AbortController();
      const answer = await fetch(`${address()}events`, { headers, signal: stop.signal });
      if (answer.status === 429) break;
      // With its answer: one that nobody holds any more is closed by fetch itself.
      others.push({ stop, answer });
    }
    expect(others.length).toBeLessThan(50);
    const late = await context.newPage();
    await late.goto(address());
    await late.locator('.link.crowded', { hasText: 'Close one of them' }).waitFor();
    for (const { stop } of others) stop.abort();
    await late.locator('.link.up').waitFor();
    await expect.poll(() => late.locator('.box.version').count(), patient).toBe(4);
  });
});
