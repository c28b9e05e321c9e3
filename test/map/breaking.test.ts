/** Circuit breaking in a real browser: switched on by the page, and seen by one click on a version that does wrong. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { chromiumPath, inBrowser } from './browser.ts';
import { mapOfLanes, patient } from './map-of-lanes.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.skipIf(!chromiumPath)(`circuit breaking ${inBrowser}`, () => {
  const at = mapOfLanes();
  const { button, version, trails, isReady } = at;
  const rule = () => readFile(join(at.lanes.rules, 'service-b.yaml'), 'utf8');
  const breaking = () =>
    at.page.locator('.table', { hasText: 'VirtualService coloring/service-b ' }).getByRole('button', {
      name: 'Circuit breaking',
    });

  async function make(control: RegExp): Promise<void> {
    await version('service-b', 'release-v3').click();
    await button(control).click();
    await at.page.keyboard.press('Escape');
  }

  it('is off; switched on it is shown first, and stands in the DestinationRule', async () => {
    const before = await rule();
    await button('Rules').click();
    expect(await breaking().getAttribute('aria-pressed')).toBe('false');
    await breaking().click();
    await at.page.locator('.diff .added', { hasText: 'outlierDetection' }).waitFor();
    expect(await rule()).toBe(before);
    await button('Make this change').click();
    await expect.poll(() => breaking().getAttribute('aria-pressed'), patient).toBe('true');
    expect(await rule()).toMatch(/^ {2}trafficPolicy: \{ connectionPool: .*outlierDetection: /m);
  });

  it('a version that fails is left alone by its caller, and marked; its colour falls back; it comes back', async () => {
    await make(/^fail/);
    const send = button('Send one request: release-v3');
    await expect
      .poll(async () => {
        await send.click();
        return at.page.locator('.requests .bad-row').count();
      }, patient)
      .toBeGreaterThan(2);
    await expect
      .poll(async () => {
        await send.click();
        return trails();
      }, patient)
      .toContain('release ↩ → release ↩');
    await version('service-b', 'release-v3')
      .and(at.page.locator('.marked', { hasText: 'ejected' }))
      .waitFor();
    await version('service-b', 'release-v3').click();
    const told = at.page.locator('.version-panel');
    await told.locator('.warn', { hasText: 'failed too often, by sidecar of service-a/release' }).waitFor();
    await button(/^run$/).click();
    await told.locator('.warn').waitFor({ state: 'detached' });
    await isReady('service-b', 'release-v3');
    await at.page.keyboard.press('Escape');
    await button('Clear').click();
    await send.click();
    await expect.poll(trails, patient).toEqual(['release ↩ → release-v3']);
  });

  it('a version that is slow has more waiting than its callers take: UO, where it happened', async () => {
    await make(/^slow/);
    await isReady('service-b', 'release-v3');
    await at.page.getByText('Mix of colours').click();
    for (const name of ['no colour', 'release-v1', 'release-v2', 'release-v9'])
      await at.page.getByLabel(`Weight of ${name}`).fill('0');
    await button(/^Start$/).click();
    const overflown = at.page.locator('.requests .bad-row', { hasText: '503 UO' });
    await overflown.first().waitFor();
    await button(/^Pause$/).click();
    await overflown.first().click();
    const hops = at.page.locator('.hop');
    await expect.poll(() => hops.count(), patient).toBe(2);
    // The caller's proxy refused it: nobody was asked.
    expect(await hops.last().textContent()).toMatch(/2\. sidecar of service-a\/release.*503 UO/s);
    await at.page.keyboard.press('Escape');
    await make(/^run$/);
    await isReady('service-b', 'release-v3');
  });

  it('is switched off again, and the file is what it was', async () => {
    await button('Rules').click();
    await breaking().click();
    await at.page.locator('.diff .removed', { hasText: 'outlierDetection' }).waitFor();
    await button('Make this change').click();
    await expect.poll(() => breaking().getAttribute('aria-pressed'), patient).toBe('false');
    expect(await rule()).toBe(await readFile('istio/service-b.yaml', 'utf8'));
  });
});
