/** The traffic map of the cluster in a real browser: the lanes, one that dies and comes back, a rule changed by the page. */
import { execa } from 'execa';
import { chromiumPath } from '../map/browser.ts';
import { apiDoor } from './api-door.ts';
import { type Seen, withMap } from './map-page.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

export async function mapInBrowser(test: TestCluster, report: Report): Promise<void> {
  if (!chromiumPath) return report.skip('the traffic map in a browser', 'there is no chromium');
  await using door = await apiDoor(test);
  await withMap(test, report, door.kubeconfig, async (seen, faults) => {
    await picture(seen);
    await laneDies(seen);
    await weightChanges(seen);
    await somebodyElse(seen);
    // The browser itself notes that the server said 409.
    const others = faults.filter((one) => !one.includes('409'));
    report.check('the page says nothing in the console', others.length === 0, others);
    await clusterGoesAway(seen, door);
  });
}

async function picture(seen: Seen): Promise<void> {
  const { page } = seen;
  await seen.expect(
    'gateway, services and versions, all of them ready',
    () => page.locator('.box').evaluateAll((all) => all.map(({ className }) => className)),
    (all) => all.length === 7 && all.every((name) => !/unready|stopped/.test(name)),
  );
  await seen.button('Send the five').click();
  const law = [
    'release ↩ → release ↩',
    'release ↩ → release-v3',
    'release-v2 → release ↩',
    'release-v1 → release-v1',
    'release → release',
  ];
  await seen.expect(
    'the five requests of S1 go as the law says',
    () => seen.trails(),
    // Newest first; below may stand what went through the gateway before the map was up.
    (trails) => law.every((trail) => trails.slice(0, law.length).includes(trail)),
  );
  await seen.expect(
    'each by the colour that it asked for',
    () => page.locator('.requests .asked').allTextContents(),
    (asked) =>
      ['no colour', 'release-v1', 'release-v2', 'release-v3', 'release-v9'].every((color) =>
        asked.slice(0, law.length).some((text) => text.includes(color)),
      ),
  );
  await page.locator('.requests button', { hasText: 'release-v3' }).first().click();
  await seen.expect(
    'a request that is held says why it went there: the routes of both hops, by object',
    () => page.locator('.hop').allTextContents(),
    ([first = '', second = '']) =>
      /service-a\/release-v1.*VirtualService coloring\/.*not exactly "release-v1"/s.test(first) &&
      /service-b\/release-v3.*VirtualService coloring\/service-b http\[\d\].*decides/s.test(second),
  );
  await page.keyboard.press('Escape');
}

async function laneDies(seen: Seen): Promise<void> {
  const { test, page } = seen;
  const box = () => seen.version('service-a', 'release-v1').getAttribute('class');
  await test.kubectl('scale', 'deployment/service-a-release-v1', '--replicas=0');
  await seen.expect('a lane that dies is marked', box, (name) => !/\bready\b/.test(name ?? ''));
  await seen.version('service-a', 'release-v1').click();
  await seen.expect(
    'with what becomes of its colour',
    () => page.locator('.version-panel').allTextContents(),
    ([text = '']) => text.includes('the baseline serves its colour'),
  );
  await page.keyboard.press('Escape');
  await seen.send('release-v1');
  await seen.expect(
    'its colour is seen to fall back',
    () => seen.trails(),
    (trails) => trails.includes('release ↩ → release-v1'),
  );
  await test.kubectl('scale', 'deployment/service-a-release-v1', '--replicas=1');
  await seen.expect('it comes back', box, (name) => /\bready\b/.test(name ?? ''));
  await test.serves('service-a', 'release-v1');
  await seen.send('release-v1');
  await seen.expect(
    'and serves its colour again, seen by the log of a pod that was not there before',
    () => seen.trails(),
    (trails) => trails.includes('release-v1 → release-v1'),
  );
}

const virtualService = ['get', 'virtualservice', 'service-b', '-o', 'jsonpath={.spec}'] as const;

async function weightChanges(seen: Seen): Promise<void> {
  const { test, page, report } = seen;
  const before = await test.kubectl(...virtualService);
  await seen.button('Rules').click();
  await page.getByLabel('Change the route service-b/release-v3').click();
  const share = page.locator('.share', { hasText: 'release-v3' }).locator('input');
  // The baseline, the first of the others, takes what it loses.
  await share.fill('50');
  await page.locator('.editor fieldset', { has: share }).getByRole('button').click();
  const dialog = page.locator('dialog[open]');
  await seen.expect(
    'a weight: first the difference, and the very command',
    () => dialog.allTextContents(),
    ([text = '']) =>
      text.includes(`kubectl --context ${test.cluster.context} patch virtualservice service-b`) &&
      /\+ +.*weight: 50/.test(text),
  );
  report.check('nothing is done before it is confirmed', (await test.kubectl(...virtualService)) === before);
  const command = await dialog.locator('code').textContent();
  report.check(
    'the command is one that kubectl takes',
    (await execa('bash', ['-c', `${command} --dry-run=server`], { reject: false })).exitCode === 0,
    command,
  );
  await seen.button('Make this change').click();
  await seen.expect(
    'then the cluster has it',
    () => test.kubectl(...virtualService),
    (spec) => (spec.match(/"weight":50/g) ?? []).length === 2,
  );
  await seen.expect(
    'the page shows both shares',
    () => page.locator('.table li', { hasText: '50 %' }).count(),
    (count) => count > 0,
  );
  await seen.button('Requests').click();
  await seen.expect(
    'and who serves by them',
    async () => {
      for (let i = 0; i < 4; i++) await seen.button('Send one request: release-v3').click();
      return seen.trails();
    },
    (trails) => ['release ↩ → release-v3', 'release ↩ → release ↩'].every((one) => trails.includes(one)),
  );
  await seen.button('Rules').click();
  await seen.button(/Undo the last change/).click();
  await seen.expect(
    'undo takes it back',
    () => test.kubectl(...virtualService),
    (spec) => spec === before,
  );
}

async function somebodyElse(seen: Seen): Promise<void> {
  const { test, page, report } = seen;
  const edit = page.getByLabel('Change the route service-b/release-v3', { exact: true });
  // It may be open still.
  if ((await edit.getAttribute('aria-expanded')) !== 'true') await edit.click();
  await seen.button('Take this route out …').click();
  await page.locator('dialog[open]').waitFor();
  await test.kubectl('annotate', 'virtualservice', 'service-b', 'theirs=yes', '--overwrite');
  const theirs = await test.kubectl(...virtualService);
  await seen.button('Make this change').click();
  await seen.expect(
    'what somebody else changed meanwhile is not overwritten',
    () => page.locator('.notice').allTextContents(),
    ([text = '']) => text.includes('changed by somebody else'),
  );
  report.check('and stays as it is', (await test.kubectl(...virtualService)) === theirs);
  await test.kubectl('annotate', 'virtualservice', 'service-b', 'theirs-');
}

async function clusterGoesAway(seen: Seen, door: { shut(): void; open(): Promise<void> }): Promise<void> {
  const { test, page } = seen;
  const status = () => page.locator('.link').textContent();
  door.shut();
  await seen.expect('a cluster that goes away is told of', status, (text) =>
    /does not answer/.test(text ?? ''),
  );
  await test.kubectl('scale', 'deployment/service-b-release-v3', '--replicas=2');
  await door.open();
  await seen.expect('the page comes back by itself', status, (text) => text === 'live');
  await seen.expect(
    'and shows what changed meanwhile',
    () => seen.version('service-b', 'release-v3').textContent(),
    (text) => /2\/2/.test(text ?? ''),
  );
  await test.kubectl('scale', 'deployment/service-b-release-v3', '--replicas=1');
}
