/** A real Prometheus that scrapes the services of a scene, and the panels of a Grafana dashboard asked of it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pWaitFor from 'p-wait-for';
import { firstLine } from '../runtime/first-line.ts';

/** The names, by the panel's legend, of the series that are above zero. */
export type Panels = ReadonlyMap<string, readonly string[]>;

interface Dashboard {
  panels: { title: string; targets: { expr: string; legendFormat: string }[] }[];
}

/** One answer of /api/v1/query. */
interface Series {
  metric: Readonly<Record<string, string>>;
  value: [time: number, value: string];
}

const scrapeMs = 500;
const longestWaitMs = 30_000;

/**
 * Has a new Prometheus scrape before and after `act`, so that what it does counts up, and asks it for every panel.
 * @param targets URLs of metrics
 * @returns undefined where there is no Prometheus on this computer
 */
export async function watch(
  dashboard: string,
  targets: readonly string[],
  act: () => Promise<unknown>,
): Promise<Panels | undefined> {
  await act(); // A series that is new to Prometheus does not count up: it has to be there at the first scrape.
  const prometheus = await Prometheus.start(targets);
  if (!prometheus) return undefined;
  try {
    await prometheus.scraped();
    await act();
    await prometheus.scraped();
    return await panelsOf(JSON.parse(dashboard) as Dashboard, (expression) => prometheus.query(expression));
  } finally {
    await prometheus.close();
  }
}

async function panelsOf(
  { panels }: Dashboard,
  query: (expression: string) => Promise<Series[]>,
): Promise<Panels> {
  const entries = panels.map(async ({ title, targets }) => {
    const found = targets.map(async ({ expr, legendFormat }) =>
      (await query(expr))
        .filter(({ value: [, value] }) => Number(value) > 0)
        .map(({ metric }) =>
          legendFormat.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? ''),
        ),
    );
    return [title, (await Promise.all(found)).flat().sort()] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Several may share an address: each is an instance of its own. */
function target(url: string) {
  const { host, pathname } = new URL(url);
  return { targets: [host], labels: { __metrics_path__: pathname, instance: url } };
}

class Prometheus {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #url: string;
  readonly #targets: number;

  private constructor(process: ChildProcess, folder: string, url: string, targets: number) {
    this.#process = process;
    this.#folder = folder;
    this.#url = url;
    this.#targets = targets;
  }

  /** @returns undefined where it is not installed */
  static async start(targets: readonly string[]): Promise<Prometheus | undefined> {
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const config = join(folder, 'prometheus.yaml');
    await writeFile(
      config,
      JSON.stringify({
        global: { scrape_interval: `${scrapeMs}ms`, scrape_timeout: `${scrapeMs}ms` },
        scrape_configs: [{ job_name: 'coloring', static_configs: targets.map(target) }],
      }),
    );
    const child = spawn(
      'prometheus',
      [`--config.file=${config}`, `--storage.tsdb.path=${folder}`, '--web.listen-address=127.0.0.1:0'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    try {
      const address = await firstLine(
        child,
        child.stderr,
        (line) => /msg="Listening on".* address=(\S+)/.exec(line)?.[1],
      );
      return new Prometheus(child, folder, `http://${address}`, targets.length);
    } catch (error) {
      await rm(folder, { recursive: true });
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Resolves when each target has been scraped once more, from its beginning. */
  async scraped(): Promise<void> {
    const begin = Date.now() / 1000;
    const areScraped = async () => {
      // Of a sample itself; timestamp(up == 1) would be the time of the query. At first it may not be ready.
      const ups = await this.query('timestamp(up) and up == 1').catch(() => []);
      return ups.filter(({ value: [, at] }) => Number(at) > begin).length === this.#targets;
    };
    const message = `Prometheus has not scraped all of ${this.#targets} services`;
    await pWaitFor(areScraped, { interval: scrapeMs / 2, timeout: { milliseconds: longestWaitMs, message } });
  }

  async query(expression: string): Promise<Series[]> {
    const response = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const answer = (await response.json()) as { error?: string; data?: { result: Series[] } };
    if (!answer.data) throw new Error(`${expression}: ${answer.error}`);
    return answer.data.result;
  }

  async close(): Promise<void> {
    this.#process.kill('SIGTERM');
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, 'exit');
    await rm(this.#folder, { recursive: true });
  }
}
