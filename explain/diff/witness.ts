/** A request that a match takes: by it a rule is tried, rather than read. */
import randexp from 'randexp';
import type { HttpMatch, StringMatch, ValueMatch } from '../../mesh/rules/model.ts';

/**
 * What is asked of every request of a kind, and what is asked for by a name that only those know who mean it: a colour in
 * a header, a cookie, a host. A lane is of the second sort, and nobody else misses what a new one takes.
 */
export interface Witness {
  context: Context;
  wish: Wish;
}

export interface Context {
  method: string;
  path: string;
  /** Headers that need only be there, whatever they say. */
  headers: Readonly<Record<string, string>>;
}

export interface Wish {
  headers: Readonly<Record<string, string>>;
  /** `name=value` */
  query: readonly string[];
  /** In place of the host's own. */
  authority?: string;
}

export const noContext: Context = { method: 'GET', path: '/', headers: {} };
export const noWish: Wish = { headers: {}, query: [] };

/** The module is the class, and its types say that it has it. */
const RandExp = randexp as unknown as typeof randexp.default;

/** Known to no rule. */
const unknown = 'known-to-nobody';

export function witnessOf(match: HttpMatch): Witness {
  const entries = [...match.headers].map(([name, value]) => ({ name, value, sample: sampleOf(value) }));
  // Pseudo headers are what the request line says.
  const plain = entries.filter(({ name }) => !name.startsWith(':') && name !== 'host');
  const pseudo = new Map(entries.map(({ name, sample }) => [name, sample]));
  const wished = plain.filter(({ value }) => !takesAnything(value));
  const query = [...match.queryParams].map(([name, value]) => ({
    value,
    pair: `${name}=${sampleOf(value)}`,
  }));
  const authority = pseudo.get('host') ?? pseudo.get(':authority') ?? stringSample(match.authority);
  const path = pathOf(pseudo.get(':path') ?? uriSample(match));
  const anyQuery = query.filter(({ value }) => takesAnything(value)).map(({ pair }) => pair);
  return {
    context: {
      method: pseudo.get(':method') ?? stringSample(match.method) ?? noContext.method,
      path: anyQuery.length > 0 ? `${path}?${anyQuery.join('&')}` : path,
      headers: headersOf(plain.filter((one) => !wished.includes(one))),
    },
    wish: {
      headers: headersOf(wished),
      query: query.filter(({ value }) => !takesAnything(value)).map(({ pair }) => pair),
      ...(authority && { authority }),
    },
  };
}

/** Another value of these headers: what no lane is called. */
export function unknownValues(headers: Readonly<Record<string, string>>): Wish {
  return { ...noWish, headers: Object.fromEntries(Object.keys(headers).map((name) => [name, unknown])) };
}

function headersOf(entries: readonly { name: string; sample: string }[]): Record<string, string> {
  return Object.fromEntries(entries.map(({ name, sample }) => [name, sample]));
}

/** Whether the name alone decides, so that nobody has to know a value. */
function takesAnything(match: ValueMatch): boolean {
  return match.type === 'present' || (match.type === 'regex' && match.regex.matches(unknown));
}

function sampleOf(match: ValueMatch): string {
  return match.type === 'present' ? unknown : (stringSample(match) ?? '');
}

function stringSample(match: StringMatch | undefined): string | undefined {
  if (match?.type !== 'regex') return match?.value;
  return match.regex.matches(unknown) ? unknown : shortest(match.value);
}

function uriSample({ uri }: HttpMatch): string | undefined {
  return uri?.type === 'pathPrefix' ? uri.value : stringSample(uri);
}

function pathOf(sample: string | undefined): string {
  if (sample?.startsWith('/')) return sample;
  return `/${sample === unknown ? '' : (sample ?? '')}`;
}

/** One that the expression matches, as short as may be; RE2 has a few words that JavaScript has not. */
function shortest(expression: string): string {
  try {
    const random = new RandExp(expression.replace(/\(\?[a-z]+\)/g, ''));
    random.max = 0;
    random.randInt = (from) => from;
    return random.gen();
  } catch {
    return expression;
  }
}
