/**
 * What the map's page costs under load, as figures and not as a test: `node test/map/load.ts [--minutes 1]
 * [--versions 20] [--pictures DIR]`. A mesh that exists only in this process tells of 200 requests a second over 20
 * versions, and over 12 services with 60; a real browser shows them. Frames a second depend on the computer, and without a
 * graphics card most of a frame is its pixels; what the page's own thread works for a frame says more. `--versions`: only
 * the mesh of so many; `--pictures`: a folder for one of each.
 */
import { join } from 'node:path';
import { createHistogram } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { serveMap } from '../../map/server.ts';
import { FakeSource, serviceView } from '../../map/testing.ts';
import { joinHops } from '../../trace/join.ts';
import { hop } from '../../trace/testing.ts';
import { chromiumPath, launch, openPage } from './browser.ts';

const perSecond = 200;
const tickMs = 50;
/** In equal steps. */
const heapsTaken = 6;
let count = 0;

interface MeshSize {
  name: string;
  services: number;
  versions: number;
}

const sizes: MeshSize[] = [
  { name: '4 services, 20 versions', services: 4, versions: 5 },
  { name: '12 services, 60 versions', services: 12, versions: 5 },
];

if (!chromiumPath) throw new Error('There is no chromium on this computer.');
const { values } = parseArgs({
  options: { minutes: { type: 'string' }, versions: { type: 'string' }, pictures: { type: 'string' } },
});
const minutes = Number(values.minutes ?? 1);
const { pictures } = values;
const asked = sizes.filter(({ services, versions }) =>
  [undefined, `${services * versions}`].includes(values.versions),
);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const browser = await launch();
try {
  for (const size of asked) await measure(browser, size, minutes);
} finally {
  await browser.close();
}

async function measure(
  browser: Browser,
  { name, services, versions }: MeshSize,
  minutes: number,
): Promise<void> {
  const source = new FakeSource();
  const names = Array.from({ length: services }, (_, i) => `service-${i}`);
  const colors = Array.from({ length: versions - 1 }, (_, i) => `v${i + 1}`);
  source.colors = colors;
  source.services = names.map((one, i) =>
    serviceView(one, names.slice(i + 1, i + 2), ['release', ...colors]),
  );
  const map = await serveMap(source, 0);
  const page = await openPage(browser, map.url, []);
  await page.locator('.box.version').first().waitFor();
  const timer = setInterval(() => {
    for (let i = 0; i < (perSecond * tickMs) / 1_000; i++) source.request(requestThrough(names, colors));
  }, tickMs);
  await page.waitForTimeout(5_000);
  const devtools = await page.context().newCDPSession(page);
  // The time that the thread computed, whatever else this computer does.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const heaps = [await heap(devtools)];
  const ownHeaps = [ownHeap()];
  const workBefore = await work(devtools);
  // In microseconds; unlike a list it does not grow in an hour.
  const frames = createHistogram();
  let framesMs = 0;
  for (let i = 0; i < heapsTaken; i++) {
    for (const ms of await frameTimes(page, (minutes * 60_000) / heapsTaken)) {
      frames.record(Math.max(1, Math.round(ms * 1_000)));
      framesMs += ms;
    }
    heaps.push(await heap(devtools));
    ownHeaps.push(ownHeap());
    console.error(`  ${name}: page ${megabytes(heaps.at(-1))} MB, server ${megabytes(ownHeaps.at(-1))} MB`);
  }
  const workAfter = await work(devtools);
  if (pictures) await page.screenshot({ path: join(pictures, `${services}-services.png`) });
  clearInterval(timer);
  await page.context().close();
  await map.close();
  const at = (percent: number) => (frames.percentile(percent) / 1_000).toFixed(1);
  const rate = ((frames.count * 1_000) / framesMs).toFixed(1);
  console.log(
    `${name}, ${perSecond} requests/s, ${minutes} min: ${rate} frames/s (p50 ${at(50)} ms, p95 ${at(95)} ms, ` +
      `p99 ${at(99)} ms); heap of the page ${heaps.map(megabytes).join(', ')} MB, of the server's process ` +
      `${ownHeaps.map(megabytes).join(', ')} MB`,
  );
  const perFrame = (name: string) =>
    (((workAfter.get(name) ?? 0) - (workBefore.get(name) ?? 0)) * 1_000) / frames.count;
  const [script, style, layout, all] = ['Script', 'RecalcStyle', 'Layout', 'Task'].map((name) =>
    perFrame(`${name}Duration`),
  ) as [number, number, number, number];
  console.log(
    `  a frame takes the page's thread ${all.toFixed(2)} ms: script ${script.toFixed(2)}, style ${style.toFixed(2)}, ` +
      `layout ${layout.toFixed(2)}, painting and the rest ${(all - script - style - layout).toFixed(2)}; ` +
      `nodes ${workBefore.get('Nodes')} -> ${workAfter.get('Nodes')}, listeners ${workBefore.get('JSEventListeners')} -> ${workAfter.get('JSEventListeners')}`,
  );
}

/** One request through the whole chain; a tenth falls back at each service. */
function requestThrough(names: readonly string[], colors: readonly string[]) {
  const requestId = `r${count++}`;
  const color = colors[count % (colors.length + 1)];
  const startedAt = Date.now();
  let from = 'gateway';
  const hops = names.map((name, i) => {
    const to = `${name}/${color === undefined || Math.random() < 0.1 ? 'release' : color}`;
    const one = hop(`${from} > ${to}`, color, { requestId, startedAt: startedAt + i, durationMs: 30 - i });
    from = to;
    return one;
  });
  return joinHops(hops);
}

function frameTimes(page: Page, ms: number): Promise<number[]> {
  return page.evaluate<number[]>(`new Promise((resolve) => {
    const times = [];
    const end = performance.now() + ${ms};
    let last = performance.now();
    const frame = (now) => {
      times.push(now - last);
      last = now;
      if (now < end) requestAnimationFrame(frame);
      else resolve(times.slice(1));
    };
    requestAnimationFrame(frame);
  })`);
}

/** Bytes, after what can be thrown away has been. */
async function heap(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  return usedSize;
}

/** The same of this process, in which the map's server runs. */
function ownHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function megabytes(bytes = Number.NaN): string {
  return (bytes / 1_000_000).toFixed(1);
}

/** Seconds of the page's own thread since it began, by what it did, and what it holds. */
async function work(devtools: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return new Map(metrics.map(({ name, value }) => [name, value]));
}
