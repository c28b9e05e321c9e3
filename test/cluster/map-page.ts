/** `coloring map` of the test's cluster, with its page in a real browser. */
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import type { Page } from 'playwright-core';
import { firstLine } from '../../runtime/first-line.ts';
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
  const { cluster, lanes, url } = test;
  const args = ['map', '--context', cluster.context, '--lanes', lanes.file, '--url', url, '--map-port', '0'];
  const env = { KUBECONFIG: kubeconfig };
  const map = execa(process.execPath, ['cli/coloring.mjs', ...args], { env, reject: false });
  const faults: string[] = [];
  try {
    // Before the browser starts: what the map says by then would not be heard.
    const address = await urlOf(map, map.stdout);
    const browser = await launch();
    try {
      await look(new Seen(test, report, await openPage(browser, address, faults)), faults);
    } finally {
      await browser.close();
    }
  } finally {
    map.kill('SIGINT');
    const { exitCode, stderr } = await map;
    report.check('Ctrl-C ends the map', exitCode === 0 && stderr === '', `exit code ${exitCode}: ${stderr}`);
  }
}

/**
 * As the command prints it. It goes on after that.
 * @throws an Error with its last words where it ends, or says nothing of it for so long that it is ended
 */
async function urlOf(map: ChildProcess, output: Readable): Promise<string> {
  const patienceEnds = setTimeout(() => map.kill('SIGINT'), patience.timeout);
  try {
    return await firstLine(map, output, (line) => /the map +(\S+)/.exec(line)?.[1]);
  } finally {
    clearTimeout(patienceEnds);
  }
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
    const isSo = async () => {
      // The page may be on its way to another one.
      const value = await read().catch((error: unknown) => {
        last = String(error);
      });
      if (value === undefined) return false;
      last = value;
      return holds(value);
    };
    const isTold = await pWaitFor(isSo, { ...patience, signal: this.test.shell.signal }).then(
      () => true,
      () => false,
    );
    this.report.check(what, isTold, last);
  }
}
