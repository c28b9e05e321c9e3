/** Warns of malformed colours, each once: a client that keeps sending one must not fill the log. */
import type { Logger } from './logging.ts';

const SHOWN_CHARACTERS = 64;
const REMEMBERED_VALUES = 256;

/**
 * The function it returns logs a malformed colour at warn, cut short, unless it was among the last
 * {@link REMEMBERED_VALUES} different ones.
 */
export function colorWarnings(log: Logger): (malformed: string) => void {
  const seen = new Set<string>();
  return (malformed) => {
    const shown =
      malformed.length > SHOWN_CHARACTERS ? `${malformed.slice(0, SHOWN_CHARACTERS)}…` : malformed;
    if (seen.has(shown)) return;
    if (seen.size === REMEMBERED_VALUES) forgetOldest(seen);
    seen.add(shown);
    log.warn({ malformed: shown, length: malformed.length }, 'malformed colour, carried on as -');
  };
}

function forgetOldest(values: Set<string>): void {
  for (const oldest of values) {
    values.delete(oldest);
    return;
  }
}
