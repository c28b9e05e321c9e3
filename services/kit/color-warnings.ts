/** Warns of malformed colours, within bounds: a client that keeps sending them must not fill the log. */
import { AsyncResource } from 'node:async_hooks';
import type { Logger } from './logging.ts';

const shownCharacters = 64;
const linesAMinute = 16;
const minuteMs = 60_000;

/**
 * The function it returns logs a malformed colour at warn, cut short: each once a minute, and no more than
 * {@link linesAMinute} of them. How many more came is one line at the end of that minute.
 */
export function colorWarnings(log: Logger): (malformed: string) => void {
  const shown = new Set<string>();
  let more = 0;
  let minute: NodeJS.Timeout | undefined;

  // bound to here: it belongs to no request
  const endMinute = AsyncResource.bind(() => {
    if (more > 0) log.warn({ more }, 'more malformed colours within a minute, carried on as -');
    shown.clear();
    more = 0;
    minute = undefined;
  });

  return (malformed) => {
    if (!minute) minute = setTimeout(endMinute, minuteMs).unref();
    const value = malformed.slice(0, shownCharacters) + (malformed.length > shownCharacters ? '…' : '');
    if (shown.has(value) || shown.size === linesAMinute) {
      more++;
    } else {
      shown.add(value);
      log.warn({ malformed: value, length: malformed.length }, 'malformed colour, carried on as -');
    }
  };
}
