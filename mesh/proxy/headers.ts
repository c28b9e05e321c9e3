/** Header lines as flat lists, name and value by turns: what node:http and undici take without copying. */
import { valueFor } from '../rules/header-operations.ts';
import type { HeaderChange } from '../rules/model.ts';

/** `[name, value, name, value, …]`, names in lower case. */
export type HeaderLines = string[];

/** Headers of one connection, which a proxy does not hand on (RFC 9110, 7.6.1). */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** Whether this name, in lower case, belongs to one connection only. */
export function isHopByHop(name: string): boolean {
  return hopByHop.has(name);
}

/** Whether it tells that trailers are understood, which gRPC asks for and Envoy hands on (conn_manager_utility.cc, sanitizeTEHeader). */
export function isTeTrailers(name: string, value: string): boolean {
  return name === 'te' && value.toLowerCase() === 'trailers';
}

/** Leaves one line with this name. */
export function setLine(lines: HeaderLines, name: string, value: string): void {
  for (let i = 0; i < lines.length; i += 2) {
    if (lines[i] !== name) continue;
    lines[i + 1] = value;
    for (let j = lines.length - 2; j > i; j -= 2) if (lines[j] === name) lines.splice(j, 2);
    return;
  }
  lines.push(name, value);
}

function firstLine(lines: HeaderLines, name: string): string | undefined {
  for (let i = 0; i < lines.length; i += 2) if (lines[i] === name) return lines[i + 1];
  return undefined;
}

/** Takes away all lines with this name. */
function removeLine(lines: HeaderLines, name: string): void {
  for (let i = lines.length - 2; i >= 0; i -= 2) if (lines[i] === name) lines.splice(i, 2);
}

/** Takes away what belongs to one connection, where a rule has put it: Envoy sends none of it on. */
export function removeHopByHop(lines: HeaderLines): void {
  for (let i = lines.length - 2; i >= 0; i -= 2) {
    const name = lines[i] as string;
    if (isHopByHop(name) && !isTeTrailers(name, lines[i + 1] as string)) lines.splice(i, 2);
  }
}

/** Takes away the headers that `Connection: a, b` names as belonging to that connection. */
export function removeNominated(lines: HeaderLines, connection: string): void {
  for (const one of connection.toLowerCase().split(',')) {
    const name = one.trim();
    if (name !== 'te') removeLine(lines, name);
  }
}

/**
 * Carries out header operations in Envoy's order: at each level (destination, then route) remove, then set, then
 * add; Istio writes `host` and pseudo headers as a rewrite of the authority, so they are not touched here. Values that
 * tell of a header mean the one before this level's sets and adds; where nothing is left of one, it changes nothing.
 * @param write makes a line's value of a rule's text.
 */
export function changeHeaders(
  lines: HeaderLines,
  changes: readonly HeaderChange[],
  write: (text: string) => string = (text) => text,
): void {
  for (const change of changes) {
    for (const name of change.remove) if (isOrdinary(name)) removeLine(lines, name);
    const before = [...change.set, ...change.add].some(([, text]) => text.includes('%REQ('))
      ? [...lines]
      : lines;
    const filled = (values: ReadonlyMap<string, string>) =>
      [...values]
        .map(([name, text]) => ({ name, text, value: valueFor(write(text), (of) => firstLine(before, of)) }))
        .filter(({ name, text, value }) => isOrdinary(name) && (value !== '' || text === ''));
    for (const { name, value } of filled(change.set)) setLine(lines, name, value);
    for (const { name, value } of filled(change.add)) lines.push(name, value);
  }
}

function isOrdinary(name: string): boolean {
  return name !== 'host' && name.charCodeAt(0) !== 58; // ':'
}
