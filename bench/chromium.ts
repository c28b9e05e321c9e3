/** A real browser for what is measured and tested: the distribution's chromium. */
import { execFileSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** Undefined where there is none on this computer. */
export const chromiumPath = find('chromium', 'chromium-browser', 'google-chrome');

function find(...names: string[]): string | undefined {
  for (const name of names) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // another one, perhaps
    }
  }
  return undefined;
}

/** @param args of chromium's command line */
export function launch(...args: string[]): Promise<Browser> {
  const executable = chromiumPath && { executablePath: chromiumPath };
  return chromium.launch({ ...executable, args: ['--no-sandbox', ...args] });
}
