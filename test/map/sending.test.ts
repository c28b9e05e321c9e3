/** Requests sent by the page, in a real browser. */
import { describe, expect, it, vi } from 'vitest';
import { chromiumPath, inBrowser } from './browser.ts';
import { mapOfLanes, patient } from './map-of-lanes.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

describe.skipIf(!chromiumPath)(`sending ${inBrowser}`, () => {
  const at = mapOfLanes();
  const { button, trails } = at;

  it('at a rate, in the colours that have a weight; paused, and cleared', async () => {
    await at.page.getByText('Mix of colours').click();
    for (const name of ['no colour', 'release-v1', 'release-v3', 'release-v9'])
      await at.page.getByLabel(`Weight of ${name}`).fill('0');
    await at.page.getByLabel('requests a second').fill('20');
    await at.page.getByLabel('at once').fill('2');
    await button('Start').click();
    await expect.poll(async () => (await trails()).length, patient).toBeGreaterThan(15);
    expect(new Set(await trails())).toEqual(new Set(['release-v2 → release ↩']));
    await button('Pause').click();
    await button('Start').waitFor();
    await button('Clear').click();
    await expect.poll(trails, patient).toEqual([]);
  });

  it('with a method and a path', async () => {
    await at.page.getByLabel('Method').selectOption('POST');
    await at.page.getByLabel('Path').fill('/orders?x=1');
    await button('Send one request: release-v1').click();
    await at.page.locator('.requests button').first().click();
    const lines = at.page.locator('.request-line');
    await expect
      .poll(() => lines.allTextContents(), patient)
      .toEqual([
        expect.stringMatching(/^POST http:.*\/orders\?x=1$/),
        'POST http://service-b:32000/orders?x=1',
      ]);
  });

  it('what no service can be sent is refused in words', async () => {
    await at.page.getByLabel('Path').fill('no path');
    await button('Send the five').click();
    await at.page
      .getByRole('alert')
      .filter({ hasText: 'a path begins with one / and has no blanks' })
      .waitFor();
    await button('Close').click();
    await expect.poll(() => at.page.getByRole('alert').count()).toBe(0);
    // The browser itself notes that the server said 400.
    expect(at.faults.splice(0)).toEqual([expect.stringContaining('400')]);
  });
});
