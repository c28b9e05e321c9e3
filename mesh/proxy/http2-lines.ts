/** Header lines as node:http2 takes them: lists of them not before Node 24. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { Http2Stream } from 'node:http2';
import { type HeaderLines, isHopByHop, isTeTrailers } from './headers.ts';

/**
 * Ends a stream that was begun with `waitForTrailers`.
 * @param lines asked when the body is out
 * @param onSent called once, unless the stream ends before
 */
export function endWithTrailers(stream: Http2Stream, lines: () => HeaderLines, onSent = () => {}): void {
  stream.on('wantTrailers', () => {
    if (stream.destroyed || stream.closed) return;
    stream.sendTrailers(asFields(lines()));
    onSent();
  });
}

/** Lines of one name follow each other; else their order stays. */
export function asFields(lines: HeaderLines): OutgoingHttpHeaders {
  const fields: Record<string, string[]> = Object.create(null);
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i] as string;
    const value = lines[i + 1] as string;
    if (isHopByHop(name) && !isTeTrailers(name, value)) continue; // node would not send them
    fields[name] = [...(fields[name] ?? []), value];
  }
  return fields;
}
