/**
 * How long somebody waits who types `npm start` and opens the printed URL at once: until the URL is there, until a real
 * browser has painted gateway, services and versions, and until the table. The browser runs already, on the same cores.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Browser, Page } from 'playwright-core';
import { firstLine } from '../runtime/first-line.ts';
import { projectFile } from '../runtime/project.ts';
import { chromiumPath, launch } from './chromium.ts';
import { processorSecondsOf } from './process-tree.ts';

/** In seconds since the command. */
interface Start {
  address: number;
  picture: number;
  table: number;
  /** What all processes of it took, without the browser; undefined where the system does not tell. */
  processor: number | undefined;
}

export interface FirstPicture extends Start {
  what: string;
}

export const bareMap = 'node:http, a page of one box';

const commands = {
  [bareMap]: ['exec', '--', 'node', 'bench/peers/bare-map.ts'],
  'npm start': ['start'],
} as const;

/**
 * @param times of each, in turn; each figure is the median
 * @returns undefined where there is no browser
 */
export async function measureFirstPicture(times: number): Promise<FirstPicture[] | undefined> {
  if (!chromiumPath) return undefined;
  const browser = await launch();
  try {
    const runs = Object.entries(commands).map(([what, args]) => ({ what, args, starts: [] as Start[] }));
    // The first start of a browser's page, and of a program after an edit, is another matter.
    for (const { args } of runs) await startOnce(browser, args);
    for (let i = 0; i < times; i++)
      for (const { args, starts } of runs) starts.push(await startOnce(browser, args));
    return runs.map(({ what, starts }) => {
      const of = (value: (start: Start) => number | undefined) =>
        starts.map((start) => value(start) ?? Number.NaN).sort((a, b) => a - b)[
          Math.floor(times / 2)
        ] as number;
      const [address, picture, table] = [
        of((one) => one.address),
        of((one) => one.picture),
        of((one) => one.table),
      ];
      return { what, address, picture, table, processor: of((one) => one.processor) };
    });
  } finally {
    await browser.close();
  }
}

async function startOnce(browser: Browser, args: readonly string[]): Promise<Start> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const { promise: painted, resolve } = Promise.withResolvers<number>();
  await tellWhenPainted(page, resolve);
  const beganAt = now();
  const seconds = (at = now()) => (at - beganAt) / 1000;
  const child = spawn('npm', args, {
    cwd: projectFile('.'),
    env: { ...withoutNpm(process.env), GATEWAY_PORT: '0', MAP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const closed = once(child, 'close');
  try {
    const table = firstLine(child, child.stdout, (line) =>
      line.includes('to stop') ? seconds() : undefined,
    );
    const url = await firstLine(child, child.stdout, (line) => /the map +(\S+)/.exec(line)?.[1]);
    const address = seconds();
    await page.goto(url, { waitUntil: 'commit' });
    const [picture] = await Promise.all([painted, table]);
    const processor = await processorSecondsOf(child.pid as number);
    return { address, picture: seconds(picture), table: await table, processor };
  } finally {
    // As a terminal does it: to npm and to all that it started.
    process.kill(-(child.pid as number), 'SIGINT');
    await closed;
    await context.close();
  }
}

/**
 * To be called before the page is opened.
 * @param tell is told when it has painted its boxes, by the clock of {@link now}
 */
async function tellWhenPainted(page: Page, tell: (at: number) => void): Promise<void> {
  await page.exposeBinding('tellPainted', (_, at: number) => tell(at));
  await page.addInitScript(`{
    const painted = () => tellPainted(performance.timeOrigin + performance.now());
    const look = () => {
      const isDrawn = ['gateway', 'version'].every((kind) => document.querySelector('.box.' + kind));
      requestAnimationFrame(isDrawn ? () => setTimeout(painted) : look);
    };
    look();
  }`);
}

/** Milliseconds by the clock that a browser on this computer has too. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

/** What npm tells a script of itself is nothing that a terminal has. */
function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('npm_')));
}
