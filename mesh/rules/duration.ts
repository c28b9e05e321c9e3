/** Istio's durations: Go's `1h2m3.5s`, at least 1ms, no finer than 1ms. */
import { text } from './fields.ts';

const nanoseconds: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const oneUnit = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
const longest = 2n ** 63n - 1n;

/** Nanoseconds of a duration as Go's time.ParseDuration takes it (https://pkg.go.dev/time#ParseDuration). */
function parseNanoseconds(written: string): bigint | undefined {
  const negative = written.startsWith('-');
  const rest = written.replace(/^[-+]/, '');
  if (rest === '0') return 0n;
  let total = 0n;
  oneUnit.lastIndex = 0;
  while (oneUnit.lastIndex < rest.length) {
    const part = oneUnit.exec(rest);
    if (!part) return undefined;
    const [, whole = '', fraction = '', unit = ''] = part;
    const scale = nanoseconds[unit];
    if (scale === undefined || whole + fraction === '') return undefined;
    total +=
      BigInt(whole || '0') * scale + (BigInt(fraction || '0') * scale) / 10n ** BigInt(fraction.length);
    if (total > longest) return undefined;
  }
  if (rest === '') return undefined;
  return negative ? -total : total;
}

/** Milliseconds of a duration that `duration` or `durationOrZero` has let through. */
export function milliseconds(written: string): number;
export function milliseconds(written: string | undefined): number | undefined;
export function milliseconds(written: string | undefined): number | undefined {
  return written === undefined ? undefined : Number(parseNanoseconds(written) ?? 0n) / 1e6;
}

/** A field that holds a duration of at least 1ms. */
export const duration = text((written) => check(written, false));

/** As `duration`; `0s` is allowed too. */
export const durationOrZero = text((written) => check(written, true));

function check(written: string, zero: boolean): string | undefined {
  const ns = written.length > 100 ? undefined : parseNanoseconds(written);
  if (ns === undefined)
    return `${JSON.stringify(written.slice(0, 60))}: not a duration such as 500ms, 1.5s or 1m30s`;
  if (zero && ns === 0n) return undefined;
  if (ns < 1_000_000n) return `${written}: less than 1ms`;
  if (ns % 1_000_000n !== 0n) return `${written}: finer than 1ms`;
  return undefined;
}
