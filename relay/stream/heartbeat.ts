/** What the two ends say about themselves, a line of JSON each quarter of a second, on one stream of `out`. */

export const statePath = '/state';
export const resolvePath = '/resolve';

export const heartbeatMs = 250;
/** A word older than this counts for nothing: what it said may have changed. */
export const freshMs = 1_000;
/** An end that has been silent for so long is gone. */
export const silentMs = 2_000;

export interface State {
  ready: boolean;
  /** Why it is not. */
  why?: string;
}

const longestLine = 2_000;

export function writeState({ ready, why }: State): string {
  return `${JSON.stringify(ready ? { ready } : { ready, why: why?.slice(0, 500) })}\n`;
}

/** Reads lines of states from pieces of text. Lines that are none, and endless ones, are passed over. */
export function stateReader(onState: (state: State) => void): (piece: Buffer | string) => void {
  let rest = '';
  return (piece) => {
    const lines = `${rest}${piece}`.split('\n');
    rest = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) {
      const state = readState(line);
      if (state) onState(state);
    }
  };
}

function readState(line: string): State | undefined {
  try {
    const { ready, why } = JSON.parse(line);
    if (typeof ready !== 'boolean') return undefined;
    return ready ? { ready } : { ready, why: typeof why === 'string' ? why : 'it does not say why' };
  } catch {
    return undefined;
  }
}
