/** Headers as a proxy hands them on. */
import { hopByHop } from '../../carry/hop-by-hop.ts';

/** Names and values as pairs, of Node's `rawHeaders`. */
export function pairs(raw: readonly string[]): [name: string, value: string][] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as [string, string]] : []));
}

/**
 * All headers but those of one hop, in the form and order of `rawHeaders`. Host stays as it came: rules match by it.
 * @param upgrade the protocol that is asked for on this hop, too
 */
export function endToEnd(raw: readonly string[], upgrade?: string): string[] {
  const all = pairs(raw);
  const named = all
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(','));
  const dropped = new Set<string>([...hopByHop, ...named.map((one) => one.trim())]);
  const kept = all.filter(([name]) => !dropped.has(name.toLowerCase())).flat();
  if (all.some(([name, value]) => name.toLowerCase() === 'te' && /\btrailers\b/i.test(value)))
    kept.push('TE', 'trailers');
  if (all.some(([name]) => name.toLowerCase() === 'transfer-encoding'))
    kept.push('Transfer-Encoding', 'chunked');
  if (upgrade !== undefined) kept.push('Connection', 'Upgrade', 'Upgrade', upgrade);
  return kept;
}
