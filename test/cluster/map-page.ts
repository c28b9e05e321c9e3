/** `coloring map` of the test's cluster, with its page in a real browser. */
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import type { Page } from 'playwright-core';
import { launch, openPage } from '../map/browser.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

const patience = { interval: 200, timeout: 90_000 };

/** @param faults of `look` is told what the page must not do */
export async function withMap(
  test: TestCluster,
  report: Report,
  kubeconfig: string,
  look: (seen: Seen, faults: readonly string[]) => Promise<void>,
): Promise<void> {
  const args = ['map', '--context', test.cluster.context, '--url', test.url, '--map-port', '0'];
  const env = { KUBECONFIG: kubeconfig };
  const map = execa(process.execPath, ['cli/coloring.mjs', ...args], { env, reject: false });
  const browser = await launch();
  const faults: string[] = [];
  try {
    await look(new Seen(test, report, await openPage(browser, await urlOf(map), faults)), faults);
  } finally {
    await browser.close();
    map.kill('SIGINT');
    const { exitCode, stderr } = await map;
    report.check('Ctrl-C ends the map', exitCode === 0 && stderr === '', `exit code ${exitCode}: ${stderr}`);
  }
}

async function urlOf(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const url = /the map +(\S+)/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('coloring map did not say where it is');
}

/** What a person sees on the page, sooner or later. */
export class Seen {
  readonly test: TestCluster;
  readonly report: Report;
  readonly page: Page;

  constructor(test: TestCluster, report: Report, page: Page) {
    this.test = test;
    this.report = report;
    this.page = page;
  }

  button(name: string | RegExp) {
    return this.page.getByRole('button', { name });
  }

  version(service: string, name: string) {
    return this.button(new RegExp(`^${service} ${name}\\b`));
  }

  trails(): Promise<string[]> {
    return this.page.locator('.requests .trail').allTextContents();
  }

  /** Sends one request in this colour. */
  async send(color: string): Promise<void> {
    await this.button('Clear').click();
    await this.button(`Send one request: ${color}`).click();
  }

  /** Notes whether that is so before patience ends. */
  async expect<Value>(what: string, read: () => Promise<Value>, holds: (value: Value) => boolean) {
    let last: unknown;
    try {
      const isSo = async () => {
        const value = await read();
        last = value;
        return holds(value);
      };
      await pWaitFor(isSo, { ...patience, signal: this.test.shell.signal });
      this.report.check(what, true);
    } catch (error) {
      this.report.check(what, false, { last, error: String(error) });
    }
  }
}
