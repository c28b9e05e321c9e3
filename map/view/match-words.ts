/** Conditions of a rule in few words. */

import type { HttpMatch, UriMatch, ValueMatch } from '../../mesh/rules/model.ts';

/** `project-version = release-v1, path begins with /api` */
export function matchWords(match: HttpMatch): string {
  const words = [
    ...(match.uri && !isAnyPath(match.uri) ? [valueWords('path', match.uri)] : []),
    ...(match.method ? [valueWords('method', match.method)] : []),
    ...(match.authority ? [valueWords('host', match.authority)] : []),
    ...(match.scheme ? [valueWords('scheme', match.scheme)] : []),
    ...[...match.headers].map(([name, value]) => valueWords(name, value)),
    ...[...match.withoutHeaders].map(([name, value]) =>
      value.type === 'present' ? `no ${name}` : `not ${valueWords(name, value)}`,
    ),
    ...[...match.queryParams].map(([name, value]) => valueWords(`?${name}`, value)),
    ...(match.port === undefined ? [] : [`port = ${match.port}`]),
    ...Object.entries(match.sourceLabels).map(([name, value]) => `caller's ${name} = ${value}`),
    ...(match.sourceNamespace === undefined ? [] : [`caller's namespace = ${match.sourceNamespace}`]),
    ...(match.gateways ? [`at ${match.gateways.join(', ')}`] : []),
  ];
  return words.join(', ');
}

function valueWords(name: string, match: UriMatch | ValueMatch): string {
  switch (match.type) {
    case 'exact':
      return `${name} = ${match.value}`;
    case 'prefix':
      return `${name} begins with ${match.value}`;
    case 'pathPrefix':
      return `${name} at or below ${match.value}`;
    case 'regex':
      return `${name} ~ ${match.value}`;
    case 'present':
      return `has ${name}`;
  }
}

/** The colour that a match asks for and nothing else. */
export function colorOf(match: HttpMatch, header: string): string | undefined {
  const color = match.headers.get(header);
  if (color?.type !== 'exact') return undefined;
  // Of an HTTPRoute's parent, so that of all its routes.
  const { port: _, ...rest } = match;
  return matchWords(rest) === valueWords(header, color) ? color.value : undefined;
}

/** What an HTTPRoute asks for that says nothing. */
function isAnyPath({ type, value }: UriMatch): boolean {
  return type === 'prefix' && value === '/';
}
